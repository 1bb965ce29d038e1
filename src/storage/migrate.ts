import { type DatabaseAddress, isPostgres } from './database.ts'
import { type MigrateOptions, readMigrations } from './migrations.ts'

/**
 * Brings a database up to date, creating it where it is a file. Safe to run from several processes at once.
 * @returns the names of the migrations that were applied by this call
 * @throws MigrationError with what to do about it; nothing of a failed migration stays. NoDatabaseError, with
 *   nothing made, when there is none and `create` is false
 */
export async function migrate(
  { databaseUrl, migrateDatabaseUrl }: DatabaseAddress,
  { create = true }: MigrateOptions = {},
): Promise<string[]> {
  if (isPostgres(databaseUrl)) {
    const { migratePostgres } = await import('./postgres/migrate.ts')
    const owner = migrateDatabaseUrl ?? databaseUrl
    return migratePostgres(owner, databaseUrl, readMigrations('postgresql'), { create })
  }
  const { migrateSqlite } = await import('./sqlite/migrate.ts')
  return migrateSqlite(databaseUrl, readMigrations('sqlite'), { create })
}

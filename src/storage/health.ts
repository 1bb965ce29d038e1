import type { Database } from './database.ts'
import { pendingMigrations, readMigrations } from './migrations.ts'
import { date, text } from './sql.ts'

/**
 * @returns the names of the migrations that this database has not had yet
 * @throws MigrationError when it does not fit this program
 */
export async function missingMigrations({ engine, sql }: Database): Promise<string[]> {
  const history = await sql.all(
    'SELECT "migration_name", "checksum", "finished_at" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL',
  )
  const applied = history.map((row) => ({
    name: text(row['migration_name']),
    checksum: text(row['checksum']),
    finished: row['finished_at'] !== null,
  }))
  return pendingMigrations(readMigrations(engine), applied).map(({ name }) => name)
}

/** The time by the database's own clock; on SQLite that is this machine's, to the second. */
export async function databaseTime({ engine, sql }: Database): Promise<Date> {
  const [row] = await sql.all('SELECT CURRENT_TIMESTAMP AS "now"')
  const now = row?.['now']
  return engine === 'sqlite' ? new Date(`${text(now).replace(' ', 'T')}Z`) : date(now)
}

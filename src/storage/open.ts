import { type Database, type DatabaseAddress, isPostgres } from './database.ts'
import { pathOf } from './sqlite/path.ts'

/** Where a database is, for people: the path of a file; of a server its address, without who logs in. */
export function placeOf(databaseUrl: string): string {
  if (!isPostgres(databaseUrl)) return pathOf(databaseUrl)
  if (!URL.canParse(databaseUrl)) return 'PostgreSQL'
  const { host, pathname } = new URL(databaseUrl)
  return `${host}${pathname}`
}

/**
 * Opens the database that the URL names; `migrate` it first. Neither engine's driver is loaded for the other.
 * @throws DatabaseError when the server cannot be reached or the login may not what it must
 */
export async function openDatabase({ databaseUrl }: DatabaseAddress): Promise<Database> {
  if (isPostgres(databaseUrl)) {
    const { openPostgres } = await import('./postgres/database.ts')
    return openPostgres(databaseUrl)
  }
  const { openSqlite } = await import('./sqlite/database.ts')
  return openSqlite(databaseUrl)
}

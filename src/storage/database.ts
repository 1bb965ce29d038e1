import type { PrismaClient } from '../generated/sqlite/client.ts'
import type { Sql } from './sql.ts'

/** Typed as the SQLite client, the narrower of the two; PostgreSQL's is cast to it once, where it is opened. */
export type SystemClient = PrismaClient

/** An open database of either engine. */
export interface Database {
  readonly engine: 'sqlite' | 'postgresql'
  /** Across tenants: only for the callers named in test/conventions.test.ts. */
  readonly prisma: SystemClient
  readonly sql: Sql
  close(): Promise<void>
}

export interface DatabaseAddress {
  /** `file:…` for SQLite, `postgresql://…` for PostgreSQL. */
  databaseUrl: string
  /** A login that may alter tables, where `databaseUrl`'s may not. PostgreSQL only. */
  migrateDatabaseUrl?: string | undefined
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url)

/**
 * Opens the database that the URL names; `migrate` it first. Neither engine's driver is loaded for the other.
 * @throws when the file or the server cannot be reached
 */
export async function openDatabase({ databaseUrl }: DatabaseAddress): Promise<Database> {
  if (isPostgres(databaseUrl)) {
    const { openPostgres } = await import('./postgres/database.ts')
    return openPostgres(databaseUrl)
  }
  const { openSqlite } = await import('./sqlite/database.ts')
  return openSqlite(databaseUrl)
}

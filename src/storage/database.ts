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

import type { PrismaClient } from '../generated/sqlite/client.ts'
import type { SystemSql, Transaction } from './sql.ts'

/** Typed as the SQLite client, the narrower of the two; PostgreSQL's is cast to it once, where it is opened. */
export type SystemClient = PrismaClient

/** What a transaction is for: that decides how long it may wait and take, where several processes share the server. */
export type Purpose = 'delivery' | 'request' | 'judging' | 'maintenance'

export interface IntegrityListeners {
  /** Milliseconds until the first check. */
  afterMs: number
  /** Called once, with what SQLite says is damaged. */
  onDamage(damage: readonly string[]): void
  /** The check itself failed, which says nothing of damage. */
  onError(error: Error): void
}

/**
 * An open database of either engine. Whoever holds one reaches every tenant, so it is handed out where the process is
 * put together, to the few that have to: the look-ups of tokens and keys, the claims of work, retention, migration, the
 * commands. A request holds a `Scope`; the operator's holds an `Operator` as well.
 */
export interface Database {
  readonly engine: 'sqlite' | 'postgresql'
  readonly prisma: SystemClient
  readonly sql: SystemSql
  /** `sql` with the limits of a purpose; `sql` itself has those of a request. */
  sqlFor(purpose: Purpose): SystemSql
  /** A transaction with the limits of a purpose, for who goes on in between; on SQLite it holds the one writer. */
  begin(purpose: Purpose): Promise<Transaction>
  /**
   * SQLite only: checks the file round after round, in a thread of its own; once it is found to be damaged, nothing is
   * written to it any more. @returns ends it
   */
  watchIntegrity?(listeners: IntegrityListeners): () => Promise<void>
  close(): Promise<void>
}

/** The database cannot be used; the message says what to do, and carries no password. */
export class DatabaseError extends Error {
  override readonly name: string = 'DatabaseError'
}

/** There is nothing in it yet, or only what an earlier version made. */
export class NotMigratedError extends DatabaseError {
  override readonly name = 'NotMigratedError'
  constructor() {
    super('This database is not migrated to this version: run "./billingwatch migrate" first.')
  }
}

export interface DatabaseAddress {
  /** `file:…` for SQLite, `postgresql://…` for PostgreSQL. */
  databaseUrl: string
  /** A login that may alter tables, where `databaseUrl`'s may not. PostgreSQL only. */
  migrateDatabaseUrl?: string | undefined
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url)

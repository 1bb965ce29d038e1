import type pg from 'pg'
import type { Purpose } from '../database.ts'

/** How long a transaction of a purpose may take, in milliseconds. The server itself ends what takes longer. */
export interface Limits {
  /** For one lock. */
  readonly lock: number
  /** For one statement, waiting for locks included. */
  readonly statement: number
  /** Between two statements: a process that hangs gives its locks back after this time. */
  readonly idle: number
  /** Whether it is always the same few statements, which find their rows by keys: then they are prepared. */
  readonly isPrepared: boolean
}

/** Deliveries are answered within seconds whatever hangs; retention goes over many rows and nobody waits for it. */
export const LIMITS: Readonly<Record<Purpose, Limits>> = {
  delivery: { lock: 2_000, statement: 3_000, idle: 4_000, isPrepared: true },
  request: { lock: 5_000, statement: 10_000, idle: 15_000, isPrepared: false },
  judging: { lock: 5_000, statement: 10_000, idle: 20_000, isPrepared: true },
  maintenance: { lock: 5_000, statement: 60_000, idle: 60_000, isPrepared: false },
}

/** How much longer than the server this side waits for it: past that, it is the network or the machine that hangs. */
const GRACE = 1_500

/** Milliseconds after which a statement is given up on this side. */
export const answerWithin = ({ statement }: Limits): number => statement + GRACE

/** A statement that is given up after this many milliseconds; the driver takes this, and its types do not know of it. */
export const timed = <Query extends pg.QueryConfig>(query: Query, within: number): Query => ({
  ...query,
  query_timeout: within,
})

/** For the rest of a transaction only: behind a pooler a setting of the session would be the next client's. */
export const limiting = ({ lock, statement, idle, isPrepared }: Limits): string =>
  `SET LOCAL lock_timeout = ${lock}; SET LOCAL statement_timeout = ${statement}; ` +
  `SET LOCAL idle_in_transaction_session_timeout = ${idle}${isPrepared ? `; ${BY_KEYS}` : ''}`

/**
 * A prepared plan outlives the size of the tables that it was made for: one that was made while a queue was short would
 * read all of it when it is long. Where there is no index to use all the same, the plan gets a price at which PostgreSQL
 * would compile it, which takes longer than to run it.
 */
const BY_KEYS = 'SET LOCAL enable_seqscan = off; SET LOCAL jit = off'

/**
 * For the length of a session: the server finds out within half a minute that the machine on the other side is gone.
 * What the server's system does not have is left out; behind a pooler it tells of the pooler, which does no harm.
 */
export const NOTICING_LOST_CLIENTS = `SELECT set_config(s.name, v.value, false)
  FROM (VALUES ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '3'),
    ('tcp_user_timeout', '30000')) AS v(name, value)
  JOIN pg_settings s ON s.name = v.name`

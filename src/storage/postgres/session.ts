import pg from 'pg'
import { LIMITS, type Limits, limiting, timed } from './limits.ts'
import type { Roles } from './roles.ts'

/** Connections whose every transaction takes one of the database's two roles; no login needs rights beside those. */
export class WalledPool extends pg.Pool {
  constructor(
    options: pg.PoolConfig,
    readonly roles: Roles,
  ) {
    super(options)
  }
}

/**
 * What puts the rest of a transaction behind the wall of a tenant, or of the system. Only ever LOCAL: behind a
 * pooler a setting of the session would be the next client's.
 */
export const wall = ({ app, system }: Roles, tenantId: string | undefined): string =>
  tenantId === undefined
    ? `SET LOCAL ROLE ${system}`
    : `SET LOCAL ROLE ${app}; SELECT set_config('app.tenant_id', ${pg.escapeLiteral(tenantId)}, true)`

/** From behind the wall of one tenant behind that of another, `$1`: the role is the same. */
export const OTHER_TENANT = "SELECT set_config('app.tenant_id', $1, true)"

/** A transaction on a connection of its own, which goes back to the pool when it ends; a second end does nothing. */
export interface Session {
  readonly client: pg.PoolClient
  /** @throws what the server says, also when it rolled back because a statement had failed before */
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** What a transaction begins with. */
export interface Beginning {
  /** How long it may take; those of a request. */
  limits?: Limits
  isolation?: string | undefined
}

/** Milliseconds that a way back may take: a connection on which it takes longer is given up. */
const ROLLBACK_WITHIN = 1_000

/** Begins in the name of a tenant or, without one, of the system: one message to the server. */
export async function beginSession(
  pool: WalledPool,
  tenantId: string | undefined,
  { limits = LIMITS.request, isolation }: Beginning = {},
): Promise<Session> {
  const client = await pool.connect()
  let open = true
  const end = async (statement: 'COMMIT' | 'ROLLBACK') => {
    if (!open) return
    open = false
    // Until the server has answered, nobody knows what state the connection is in.
    let broken = true
    try {
      const query = { text: statement }
      const { command } = await client.query(statement === 'COMMIT' ? query : timed(query, ROLLBACK_WITHIN))
      broken = false
      if (command !== statement)
        throw new Error('rolled back instead of committed: a statement had failed before')
    } finally {
      client.release(broken)
    }
  }
  try {
    const begin = isolation ? `BEGIN ISOLATION LEVEL ${isolation}` : 'BEGIN'
    await client.query(`${begin}; ${limiting(limits)}; ${wall(pool.roles, tenantId)}`)
  } catch (error) {
    await end('ROLLBACK').catch(() => {})
    throw error
  }
  return { client, commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') }
}

/** @throws what `work` throws, rolled back; else what the commit throws */
export async function inSession<T>(
  pool: WalledPool,
  tenantId: string | undefined,
  work: (client: pg.PoolClient) => Promise<T>,
  limits?: Limits,
): Promise<T> {
  const session = await beginSession(pool, tenantId, limits && { limits })
  try {
    const result = await work(session.client)
    await session.commit()
    return result
  } catch (error) {
    // The failure itself is worth more than one on the way back.
    await session.rollback().catch(() => {})
    throw error
  }
}

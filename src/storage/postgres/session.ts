import pg from 'pg'
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

/** A transaction on a connection of its own, which goes back to the pool when it ends; a second end does nothing. */
export interface Session {
  readonly client: pg.PoolClient
  /** @throws what the server says, also when it rolled back because a statement had failed before */
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** Begins in the name of a tenant or, without one, of the system: one message to the server. */
export async function beginSession(
  pool: WalledPool,
  tenantId: string | undefined,
  isolation?: string,
): Promise<Session> {
  const client = await pool.connect()
  let open = true
  const end = async (statement: 'COMMIT' | 'ROLLBACK') => {
    if (!open) return
    open = false
    // Until the server has answered, nobody knows what state the connection is in.
    let broken = true
    try {
      const { command } = await client.query(statement)
      broken = false
      if (command !== statement)
        throw new Error('rolled back instead of committed: a statement had failed before')
    } finally {
      client.release(broken)
    }
  }
  try {
    const begin = isolation ? `BEGIN ISOLATION LEVEL ${isolation}` : 'BEGIN'
    await client.query(`${begin}; ${wall(pool.roles, tenantId)}`)
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
): Promise<T> {
  const session = await beginSession(pool, tenantId)
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

import { describe, expect, it } from 'vitest'
import { migrate } from '../../src/storage/migrate.ts'
import { openRoles } from '../../src/storage/postgres/rights.ts'
import { beginSession, inSession, WalledPool } from '../../src/storage/postgres/session.ts'
import { emptyDatabase, engine } from '../support/database.ts'
import { atEnd } from '../support/endings.ts'

// Behind a pooler the next client has the same connection: nothing of a tenant may stay on it.

describe.runIf(engine === 'postgresql')('a connection, once its transaction is over,', async () => {
  if (engine !== 'postgresql') return
  const databaseUrl = await emptyDatabase()
  await migrate({ databaseUrl })
  const roles = await openRoles(databaseUrl)
  const pool = new WalledPool({ connectionString: databaseUrl, max: 1 }, roles)
  atEnd(() => pool.end())

  const standing = async (): Promise<unknown> => {
    const { rows } = await pool.query(
      `SELECT current_user = session_user AS "plain", COALESCE(current_setting('app.tenant_id', true), '') AS "tenant"`,
    )
    return rows[0]
  }
  const nobody = { plain: true, tenant: '' }

  it('has neither the role nor the tenant of a commit', async () => {
    const inside = await inSession(pool, 'ten_a', async (client) => {
      const { rows } = await client.query(
        `SELECT current_user AS "role", current_setting('app.tenant_id', true) AS "tenant"`,
      )
      return rows[0]
    })
    expect(inside).toEqual({ role: roles.app, tenant: 'ten_a' })
    expect(await standing()).toEqual(nobody)
  })

  it('has neither of a rollback, nor of a failure', async () => {
    const session = await beginSession(pool, 'ten_a')
    await session.rollback()
    expect(await standing()).toEqual(nobody)
    await expect(inSession(pool, 'ten_a', (client) => client.query('SELECT nothing'))).rejects.toThrow()
    expect(await standing()).toEqual(nobody)
  })

  it('has not the role of the system', async () => {
    const role = await inSession(pool, undefined, async (client) => {
      const { rows } = await client.query('SELECT current_user AS "role"')
      return rows[0]
    })
    expect(role).toEqual({ role: roles.system })
    expect(await standing()).toEqual(nobody)
  })
})

import { describe, expect, it } from 'vitest'
import type { Purpose } from '../../src/storage/database.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { engine, testDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { insertWorld } from '../support/rows.ts'

/** PostgreSQL's codes for what it ended itself. */
const LOCK_NOT_AVAILABLE = '55P03'
const QUERY_CANCELED = '57014'

describe.runIf(engine === 'postgresql')('a transaction on PostgreSQL', async () => {
  if (engine !== 'postgresql') return
  const database = await testDatabase()
  const tenantId = await insertWorld(database, 'a')
  const rename = (sql: SystemSql, name: string, meanwhile: () => Promise<unknown> = async () => {}) =>
    sql.write(async (tx) => {
      await tx.enter(tenantId)
      await tx.run('UPDATE "Tenant" SET "name" = ? WHERE "id" = ?', [name, tenantId])
      await meanwhile()
    })

  const settings = `SELECT current_setting('lock_timeout') <> '0' AS "lock",
    current_setting('statement_timeout') <> '0' AS "statement",
    current_setting('idle_in_transaction_session_timeout') <> '0' AS "idle",
    current_setting('tcp_keepalives_idle') <> '0' AS "keepalive"`
  const all = { lock: true, statement: true, idle: true, keepalive: true }

  it.each<Purpose>(['delivery', 'request', 'judging', 'maintenance'])(
    'for a %s has limits for locks, statements and standing idle, which the server keeps',
    async (purpose) => {
      const sql = database.sqlFor(purpose)
      expect(await sql.all(settings)).toEqual([all])
      expect(await sql.write((tx) => tx.all(settings))).toEqual([all])
    },
  )

  it('of the client has them too, alone and with others', async () => {
    expect(await database.prisma.$queryRawUnsafe(settings)).toEqual([all])
    expect(await database.prisma.$transaction((tx) => tx.$queryRawUnsafe(settings))).toEqual([all])
  })

  it('of a delivery waits for no lock and no statement beyond its limit', async () => {
    const sql = database.sqlFor('delivery')
    const [held, locked] = [gate(), gate()]
    const holding = rename(database.sqlFor('maintenance'), 'held', () => {
      locked.open()
      return held.opened
    })
    await locked.opened
    await expect(rename(sql, 'waiting')).rejects.toMatchObject({ code: LOCK_NOT_AVAILABLE })
    await expect(sql.all('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: QUERY_CANCELED })
    held.open()
    await holding
  }, 60_000)

  it('gives its locks back when its process hangs between two statements', async () => {
    const [hung, locked] = [gate(), gate()]
    const hanging = rename(database.sqlFor('delivery'), 'hung', () => {
      locked.open()
      return hung.opened
    })
    const failure = expect(hanging).rejects.toThrow()
    await locked.opened
    const next = rename(database.sqlFor('maintenance'), 'going on')
    // Whatever comes of it, the hung one must not be left behind.
    await Promise.allSettled([next]).finally(() => hung.open())
    await failure
    await next
    const { name } = await database.prisma.tenant.findFirstOrThrow({ where: { id: tenantId } })
    expect(name).toBe('going on')
  }, 60_000)
})

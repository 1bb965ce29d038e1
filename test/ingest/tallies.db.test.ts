import { describe, expect, it, vi } from 'vitest'
import { countDeliveries } from '../../src/graphql/read/deliveries.ts'
import { Tallies } from '../../src/ingest/tallies.ts'
import { createLogger } from '../../src/log.ts'
import { addTally, compactTallies } from '../../src/storage/delivery-counts.ts'
import type { SystemSql } from '../../src/storage/sql.ts'
import { engine, testDatabase } from '../support/database.ts'
import { gate } from '../support/gate.ts'
import { newTenant } from '../tenancy/office.ts'

const database = await testDatabase()
const NOW = new Date('2026-03-02T10:00:00Z')
const SLOT = Math.floor(NOW.getTime() / 300_000)

const talliesOf = (writer: string, sql: SystemSql = database.sql) =>
  new Tallies({ sql, clock: { now: () => NOW }, log: createLogger('silent'), writer })

const NOTHING = { accepted: 0, duplicates: 0, badSignature: 0, throttled: 0 }

async function place() {
  const { id, endpoint, scope } = await newTenant(database)
  return { tenantId: id, endpointId: endpoint.id, scope }
}

describe('counts of deliveries', () => {
  it('of several processes are one sum, before and after they are put together', async () => {
    const { tenantId, endpointId, scope } = await place()
    for (const writer of ['one', 'two', 'two']) {
      const tallies = talliesOf(writer)
      tallies.add(tenantId, endpointId, 'accepted')
      tallies.add(tenantId, endpointId, 'throttled')
      await tallies.flush()
    }
    const sum = () => countDeliveries(scope, endpointId, NOW, 3_600)
    const rows = () => database.prisma.deliveryBucket.findMany({ where: { tenantId } })
    const expected = { ...NOTHING, accepted: 3, throttled: 3 }
    expect(await rows()).toHaveLength(2)
    expect(await sum()).toEqual(expected)
    expect(await compactTallies(database.sql, tenantId, SLOT)).toBe(0)
    expect(await compactTallies(database.sql, tenantId, SLOT + 1)).toBe(2)
    expect(await rows()).toMatchObject([{ ...expected, writer: '', slot: SLOT, endpointId }])
    expect(await sum()).toEqual(expected)
  })

  it('are written by one flush at a time, however long the database takes', async () => {
    const { tenantId, endpointId, scope } = await place()
    const slow = gate()
    let running = 0
    let most = 0
    const tallies = talliesOf('slow', {
      ...database.sql,
      write: async (work) => {
        running += 1
        most = Math.max(most, running)
        await slow.opened
        return database.sql.write(work).finally(() => {
          running -= 1
        })
      },
    })
    const flushes: Promise<void>[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      tallies.add(tenantId, endpointId, 'accepted')
      flushes.push(tallies.flush())
      await Promise.resolve()
    }
    await vi.waitFor(() => expect(running).toBe(1))
    slow.open()
    await Promise.all(flushes)
    expect(most).toBe(1)
    expect(await countDeliveries(scope, endpointId, NOW, 3_600)).toMatchObject({ accepted: 5 })
  })

  it.runIf(engine === 'postgresql')(
    'wait neither for counts that another process has locked, nor for an endpoint that it has',
    async () => {
      const { tenantId, endpointId, scope } = await place()
      const [locked, held] = [gate(), gate()]
      const hung = database.sqlFor('maintenance').write(async (tx) => {
        await tx.enter(tenantId)
        await addTally(tx, 'hung', { tenantId, endpointId, slot: SLOT, ...NOTHING, accepted: 1 })
        await tx.run('UPDATE "WebhookEndpoint" SET "lastDeliveryAt" = ? WHERE "tenantId" = ? AND "id" = ?', [
          NOW,
          tenantId,
          endpointId,
        ])
        locked.open()
        await held.opened
      })
      await locked.opened
      const tallies = talliesOf('lively')
      tallies.add(tenantId, endpointId, 'accepted')
      const flushed = tallies.flush()
      await vi.waitFor(async () =>
        expect(await countDeliveries(scope, endpointId, NOW, 3_600)).toMatchObject({ accepted: 1 }),
      )
      held.open()
      await hung
      await flushed
      expect(await countDeliveries(scope, endpointId, NOW, 3_600)).toMatchObject({ accepted: 2 })
    },
  )
})

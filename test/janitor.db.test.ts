import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryBus } from '../src/bus/memory.ts'
import { DETECTORS } from '../src/detection/registry.ts'
import { newId } from '../src/ids.ts'
import { Janitor } from '../src/janitor.ts'
import { createLogger } from '../src/log.ts'
import { readHistory } from '../src/pipeline/replay.ts'
import { storedReplay } from '../src/pipeline/stored-replay.ts'
import type { Database } from '../src/storage/database.ts'
import { markDeleted } from '../src/tenancy/tenants.ts'
import { toSeconds } from '../src/time.ts'
import { engine, testDatabase } from './support/database.ts'
import { anomalyRow } from './support/rows.ts'
import { type Json, START } from './support/stripe/basics.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'
import { invoice } from './support/stripe/invoices.ts'
import { newTenant } from './tenancy/office.ts'

const NOW = new Date('2026-06-01T00:00:00Z')
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000)

let database: Database
let janitor: Janitor

beforeAll(async () => {
  database = await testDatabase()
  const config = { payloadRetentionDays: 30, retentionDays: 90 }
  janitor = new Janitor({
    config,
    database,
    detectors: DETECTORS,
    clock: { now: () => NOW },
    log: createLogger('silent'),
  })
})

type Tenant = Awaited<ReturnType<typeof newTenant>>

async function storeEvent(
  { scope, endpoint, id }: Tenant,
  receivedAt: Date,
  processedAt: Date | null = receivedAt,
): Promise<string> {
  const stripeId = `evt_${randomUUID()}`
  await scope.db.stripeEvent.create({
    data: {
      tenantId: id,
      stripeId,
      endpointId: endpoint.id,
      livemode: true,
      type: 'charge.succeeded',
      createdAt: receivedAt,
      receivedAt,
      processedAt,
      status: processedAt === null ? 'PENDING' : 'PROCESSED',
      payload: Buffer.from('{}'),
    },
  })
  return stripeId
}

const statesOf = async ({ scope }: Tenant): Promise<Record<string, string>> => {
  const rows = await scope.db.stripeEvent.findMany()
  return Object.fromEntries(
    rows.map(({ stripeId, payload }) => [stripeId, payload === null ? 'emptied' : 'whole']),
  )
}

describe('retention', () => {
  it('empties bodies first and deletes events later, but never what waits or what an anomaly shows', async () => {
    const mine = await newTenant(database)
    const [fresh, emptied, gone, shown, waiting] = [
      await storeEvent(mine, daysAgo(29)),
      await storeEvent(mine, daysAgo(31)),
      await storeEvent(mine, daysAgo(91)),
      await storeEvent(mine, daysAgo(91)),
      await storeEvent(mine, daysAgo(91), null),
    ]
    await showBy(mine, shown)
    await janitor.tidy()
    expect(await statesOf(mine)).toEqual({
      [fresh]: 'whole',
      [emptied]: 'emptied',
      [shown]: 'emptied',
      [waiting]: 'whole',
    })
    expect(gone).not.toBe(shown)
  })

  it('drops idle states by their own time, those without one by their detector’s longest, and none with a timer', async () => {
    const mine = await newTenant(database)
    const clock = toSeconds(NOW)
    await mine.scope.db.stream.create({
      data: {
        tenantId: mine.id,
        id: 'live',
        endpointId: mine.endpoint.id,
        livemode: true,
        live: true,
        clock: BigInt(clock),
      },
    })
    const keep = async (key: string, touchedDaysAgo: number, over: object) =>
      mine.scope.db.detectorState.create({
        data: {
          tenantId: mine.id,
          stream: 'live',
          detector: 'CURRENCY_MISMATCH',
          key,
          version: 1,
          state: '{}',
          touchedAt: BigInt(clock - touchedDaysAgo * 86_400),
          ...over,
        },
      })
    await keep('past its time', 2, { expiresAt: BigInt(clock - 1) })
    await keep('within its time', 500, { expiresAt: BigInt(clock + 1) })
    await keep('past the longest', 401, {})
    await keep('within the longest', 399, {})
    await keep('with a timer', 500, { wakeAt: BigInt(clock + 1), expiresAt: BigInt(clock - 1) })
    await janitor.tidy()
    const left = await mine.scope.db.detectorState.findMany({ orderBy: { key: 'asc' } })
    expect(left.map(({ key }) => key)).toEqual(['with a timer', 'within its time', 'within the longest'])
  })

  it('counts the age of replayed events from when they were stored', async () => {
    const mine = await newTenant(database)
    const old = await storeEvent(mine, daysAgo(400), daysAgo(1))
    await janitor.tidy()
    expect(await statesOf(mine)).toEqual({ [old]: 'whole' })
  })

  it('keeps what an event said for as long as events, though an anomaly shows it for longer', async () => {
    const mine = await newTenant(database)
    const [young, old] = [await storeEvent(mine, daysAgo(89)), await storeEvent(mine, daysAgo(91))]
    await showBy(mine, young)
    await showBy(mine, old, 1_001n)
    await mine.scope.db.stripeEvent.updateMany({ data: { facts: '[{},[0]]', factsVersion: 1 } })
    await janitor.tidy()
    const rows = await mine.scope.db.stripeEvent.findMany()
    expect(Object.fromEntries(rows.map(({ stripeId, facts }) => [stripeId, facts]))).toEqual({
      [young]: '[{},[0]]',
      [old]: null,
    })
  })

  it('forgets rebuilds 90 days after their end', async () => {
    const mine = await newTenant(database)
    const row = { tenantId: mine.id, options: '{}', progress: '{}', startedAt: daysAgo(100) }
    await mine.scope.db.rebuild.createMany({
      data: [
        { ...row, id: 'imp_old', state: 'DONE', finishedAt: daysAgo(91) },
        { ...row, id: 'imp_young', state: 'FAILED', finishedAt: daysAgo(89) },
        { ...row, id: 'imp_running', state: 'RUNNING' },
      ],
    })
    await janitor.tidy()
    const left = await mine.scope.db.rebuild.findMany({ orderBy: { id: 'asc' } })
    expect(left.map(({ id }) => id)).toEqual(['imp_running', 'imp_young'])
  })

  it('works through more than one batch', async () => {
    const mine = await newTenant(database)
    const row = (n: number) => ({
      tenantId: mine.id,
      stripeId: `evt_${n}`,
      endpointId: mine.endpoint.id,
      livemode: true,
      type: 'charge.succeeded',
      createdAt: daysAgo(100),
      receivedAt: daysAgo(100 + (n % 3)),
      processedAt: daysAgo(100),
      status: 'PROCESSED',
    })
    await mine.scope.db.stripeEvent.createMany({ data: Array.from({ length: 1_201 }, (_, n) => row(n)) })
    await janitor.tidy()
    expect(await mine.scope.db.stripeEvent.count()).toBe(0)
  })

  it('forgets the records of objects 35 days behind the stream they belong to', async () => {
    const mine = await newTenant(database)
    const lines = [START, START + 36 * 86_400].map((at) =>
      JSON.stringify(event('charge.succeeded', charge({ created: at }), { created: at })),
    )
    const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: { now: () => NOW } }
    await storedReplay(
      parts,
      mine.id,
      readHistory(lines, mine.endpoint.id, () => {}),
    )
    const before = await mine.scope.db.stripeObject.count()
    await janitor.tidy()
    expect(await mine.scope.db.stripeObject.count()).toBeLessThan(before)
    expect(await mine.scope.db.stripeObject.count()).toBeGreaterThan(0)
  })

  it('keeps the records of what is not settled', async () => {
    const mine = await newTenant(database)
    const at = (days: number) => START + days * 86_400
    const told = (type: string, days: number, fields: Json) =>
      JSON.stringify(event(type, invoice({ created: at(0), ...fields }), { created: at(days) }))
    const lines = [
      told('invoice.finalized', 0, { id: 'in_open', status: 'open' }),
      told('invoice.paid', 0, { id: 'in_paid', status: 'paid' }),
      told('invoice.paid', 300, { id: 'in_new', status: 'paid' }),
    ]
    const parts = { database, bus: memoryBus(), detectors: DETECTORS, clock: { now: () => NOW } }
    await storedReplay(
      parts,
      mine.id,
      readHistory(lines, mine.endpoint.id, () => {}),
    )
    // Written before records said how long they are kept.
    const older = { tenantId: mine.id, data: '{}' }
    await mine.scope.db.stripeObject.createMany({
      data: [
        { ...older, stripeId: 'ch_old', updatedAt: new Date(at(260) * 1_000) },
        { ...older, stripeId: 'ch_newer', updatedAt: new Date(at(290) * 1_000) },
      ],
    })
    await janitor.tidy()
    const kept = await mine.scope.db.stripeObject.findMany({ orderBy: { stripeId: 'asc' } })
    expect(kept.map(({ stripeId }) => stripeId)).toEqual(['ch_newer', 'in_new', 'in_open'])
  })

  it('deletes former tokens once their grace is over', async () => {
    const mine = await newTenant(database)
    const token = (hash: string, expiresAt: Date) => ({
      tenantId: mine.id,
      endpointId: mine.endpoint.id,
      hash: `${hash} of ${mine.id}`,
      expiresAt,
    })
    const working = token('working', new Date(NOW.getTime() + 1))
    await mine.scope.db.formerToken.createMany({ data: [token('ended', NOW), working] })
    await janitor.tidy()
    expect(await mine.scope.db.formerToken.findMany()).toEqual([working])
  })

  it('finishes erasing a tenant that another process began to erase', async () => {
    const mine = await newTenant(database)
    await storeEvent(mine, daysAgo(1))
    await markDeleted(database, { clock: { now: () => NOW } }, mine.id)
    await janitor.tidy()
    expect(await database.prisma.tenant.count({ where: { id: mine.id } })).toBe(0)
  })

  it.runIf(engine === 'sqlite')('gives the space back', async () => {
    const mine = await newTenant(database)
    for (let i = 0; i < 50; i += 1) {
      const stripeId = await storeEvent(mine, daysAgo(95))
      await mine.scope.db.stripeEvent.update({
        where: { tenantId_stripeId: { tenantId: mine.id, stripeId } },
        data: { payload: Buffer.alloc(50_000, 1) },
      })
    }
    await janitor.tidy()
    const [row] = await database.sql.all('PRAGMA freelist_count')
    expect(Number(row?.['freelist_count'])).toBe(0)
  })
})

async function showBy({ scope, id }: Tenant, stripeId: string, seq = 1_000n): Promise<void> {
  const anomalyId = newId('anm')
  await scope.db.anomaly.create({
    data: {
      ...anomalyRow(id, anomalyId, seq),
      stream: 's',
      detector: 'DUPLICATE_CHARGE',
      fingerprint: stripeId,
      folding: '{"keys":[],"events":1}',
    },
  })
  await scope.db.anomalyEvent.create({ data: { tenantId: id, anomalyId, stripeId } })
}

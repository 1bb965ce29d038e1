import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Topic } from '../src/bus/bus.ts'
import { memoryBus } from '../src/bus/memory.ts'
import { judgeBatch, type Work } from '../src/detection/batch.ts'
import { DETECTORS } from '../src/detection/registry.ts'
import { dryReplay, readHistory } from '../src/detection/replay.ts'
import { storedReplay } from '../src/detection/stored-replay.ts'
import { newId } from '../src/ids.ts'
import { commitBatch } from '../src/ingest/commit.ts'
import { judgeNext, type Pipeline } from '../src/pipeline.ts'
import type { Database } from '../src/storage/database.ts'
import { serveNext } from '../src/storage/detection/claims.ts'
import { parseEvent, summarize } from '../src/stripe/event.ts'
import { engine, testDatabase } from './support/database.ts'
import { type Json, START } from './support/stripe/basics.ts'
import { charge } from './support/stripe/charges.ts'
import { body, event } from './support/stripe/events.ts'
import { newTenant } from './tenancy/office.ts'

let database: Database
let pipeline: Pipeline
const bus = memoryBus()

beforeAll(async () => {
  database = await testDatabase()
  pipeline = { database, bus, detectors: DETECTORS }
})

type Tenant = Awaited<ReturnType<typeof newTenant>>
const tenant = () => newTenant(database)

/** Stores events as the webhook route does, in one commit, as received `lag` seconds after they were created. */
async function deliver({ id, endpoint }: Pick<Tenant, 'id' | 'endpoint'>, events: readonly Json[], lag = 1) {
  const deliveries = events.map((one) => {
    const payload = Buffer.from(body(one))
    const parsed = parseEvent(payload)
    if (parsed === undefined) throw new Error('not an event')
    const receivedAt = new Date((parsed.created + lag) * 1_000)
    return {
      tenantId: id,
      endpointId: endpoint.id,
      event: parsed,
      summary: summarize(parsed),
      receivedAt,
      payload,
    }
  })
  return commitBatch(database.sql, deliveries, new Set(), () => randomUUID())
}

/** Judges until nobody has work, as of a time. */
async function judgeAll(at: number, over: Partial<Pipeline> = {}) {
  const served: string[] = []
  for (let i = 0; i < 100; i += 1) {
    const one = await judgeNext({ ...pipeline, ...over }, new Date(at * 1_000))
    if (one === undefined) return served
    served.push(one.tenantId)
  }
  throw new Error('judging does not come to an end')
}

const paid = (at: number, fields: Json = {}, options: Json = {}) =>
  event('charge.succeeded', charge({ created: at, ...fields }), { created: at, ...options })

/** Two equal charges of one customer 5 s apart. */
const double = (at: number, customer = 'cus_double') => [paid(at, { customer }), paid(at + 5, { customer })]

const anomaliesOf = ({ scope }: Tenant) => scope.db.anomaly.findMany({ orderBy: { seq: 'asc' } })

describe('the way of an event', () => {
  it('goes from a stored delivery to an anomaly with its events, activity and feed number, and tells the bus', async () => {
    const mine = await tenant()
    const heard = vi.fn()
    bus.subscribe(`feed:${mine.id}` satisfies Topic, heard)
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    heard.mockClear()
    const events = double(START)
    await deliver(mine, events)
    await judgeAll(START + 10)
    const [anomaly, ...others] = await anomaliesOf(mine)
    expect(others).toEqual([])
    expect(anomaly).toMatchObject({
      detector: 'DUPLICATE_CHARGE',
      origin: 'LIVE',
      status: 'OPEN',
      livemode: true,
      impactAmount: 2900n,
      customerId: 'cus_double',
    })
    const shown = await mine.scope.db.anomalyEvent.findMany({ where: { anomalyId: anomaly?.id ?? '' } })
    expect(shown.map(({ stripeId }) => stripeId).sort()).toEqual(events.map(({ id }) => id).sort())
    const acts = await mine.scope.db.activity.findMany({ where: { anomalyId: anomaly?.id ?? '' } })
    expect(acts).toMatchObject([{ kind: 'ANOMALY_RAISED', seq: anomaly?.seq, actorKind: 'SYSTEM' }])
    const stored = await mine.scope.db.stripeEvent.findMany()
    expect(stored.map(({ status }) => status)).toEqual(['PROCESSED', 'PROCESSED'])
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
  })

  it('counts each object once in the metrics, in its hour and currency', async () => {
    const mine = await tenant()
    const shared = charge({ created: START, currency: 'jpy', amount: 500 })
    await deliver(mine, [
      event('charge.succeeded', shared, { created: START }),
      event('charge.succeeded', shared, { created: START + 1 }),
    ])
    await judgeAll(START + 10)
    const buckets = await mine.scope.db.metricBucket.findMany({ orderBy: { currency: 'asc' } })
    expect(buckets).toMatchObject([
      { currency: '', events: 2, chargesSucceeded: 0 },
      { currency: 'jpy', events: 0, chargesSucceeded: 1, revenue: 500n },
    ])
  })

  it('marks what nothing listens to as ignored', async () => {
    const mine = await tenant()
    await deliver(mine, [event('product.created', { id: 'prod_1', object: 'product' }, { created: START })])
    await judgeAll(START + 10)
    expect(await mine.scope.db.stripeEvent.findMany()).toMatchObject([{ status: 'IGNORED', error: null }])
  })

  it('goes round the tenants: the one served longest ago comes next', async () => {
    const [a, b] = [await tenant(), await tenant()]
    await deliver(a, [paid(START)])
    await deliver(b, [paid(START)])
    const first = await judgeAll(START + 10)
    await deliver(a, [paid(START + 20)])
    await deliver(b, [paid(START + 20)])
    expect(new Set(first)).toEqual(new Set([a.id, b.id]))
    expect(await judgeAll(START + 30)).toHaveLength(2)
  })

  it('lets a timer end what is over, with no event coming', async () => {
    const mine = await tenant()
    await deliver(mine, double(START))
    await judgeAll(START + 10)
    await judgeAll(START + 86_400)
    const [anomaly] = await anomaliesOf(mine)
    expect(anomaly?.endedAt?.getTime()).toBeGreaterThan(START * 1_000)
    const kinds = (await mine.scope.db.activity.findMany({ where: { anomalyId: anomaly?.id ?? '' } })).map(
      ({ kind }) => kind,
    )
    expect(kinds).toEqual(['ANOMALY_RAISED', 'ANOMALY_ENDED'])
  })

  it('does not judge the events of a suspended tenant until it is resumed', async () => {
    const mine = await tenant()
    await deliver(mine, double(START))
    await database.prisma.tenant.update({ where: { id: mine.id }, data: { suspendedAt: new Date() } })
    expect(await judgeAll(START + 10)).toEqual([])
    await database.prisma.tenant.update({ where: { id: mine.id }, data: { suspendedAt: null } })
    expect(await judgeAll(START + 10)).toEqual([mine.id])
    expect(await anomaliesOf(mine)).toHaveLength(1)
  })
})

describe('baselines that never meet', () => {
  it('keeps two tenants, two endpoints of one tenant, two accounts, and live and test apart', async () => {
    const [mine, other] = [await tenant(), await tenant()]
    const second = await mine.scope.db.webhookEndpoint.create({
      data: {
        tenantId: mine.id,
        id: `whe_${randomUUID()}`,
        name: 'second',
        createdAt: new Date(),
        tokenHash: randomUUID(),
        tokenSealed: '',
      },
    })
    const one = (over: Json = {}, options: Json = {}) =>
      paid(START, { customer: 'cus_same', ...over }, options)
    await deliver(mine, [one({}, { livemode: false })])
    await deliver(mine, [one(), one({}, { account: 'acct_1' }), one({}, { account: 'acct_2' })])
    await deliver({ id: mine.id, endpoint: second }, [one()])
    await deliver(other, [one()])
    await judgeAll(START + 10)
    expect(await anomaliesOf(mine)).toEqual([])
    expect(await anomaliesOf(other)).toEqual([])
    expect(await mine.scope.db.stream.count()).toBe(5)
  })
})

describe('a crash', () => {
  it('between storing and judging loses nothing and raises nothing twice', async () => {
    const mine = await tenant()
    await deliver(mine, double(START))
    // The process dies after judging, before its result is stored.
    const write = vi.spyOn(database.sql, 'write').mockRejectedValueOnce(new Error('killed'))
    await expect(judgeNext(pipeline, new Date((START + 10) * 1_000))).rejects.toThrow('killed')
    write.mockRestore()
    expect(await anomaliesOf(mine)).toEqual([])
    await judgeAll(START + 11)
    await judgeAll(START + 12)
    expect(await anomaliesOf(mine)).toHaveLength(1)
  })

  it('of a detector marks the event, and the others still judge it', async () => {
    const mine = await tenant()
    const detectors = DETECTORS.map((detector) =>
      detector.name === 'NEGATIVE_INVOICE'
        ? {
            ...detector,
            facts: ['chargeCaptured' as const],
            key: () => '',
            observe: () => {
              throw new Error('odd')
            },
          }
        : detector,
    )
    await deliver(mine, double(START))
    await judgeAll(START + 10, { detectors })
    expect(await anomaliesOf(mine)).toMatchObject([{ detector: 'DUPLICATE_CHARGE' }])
    expect(await mine.scope.db.stripeEvent.findMany()).toMatchObject([
      { status: 'FAILED', error: 'NEGATIVE_INVOICE: odd' },
      { status: 'FAILED', error: 'NEGATIVE_INVOICE: odd' },
    ])
  })
})

// On PostgreSQL the claim is a row lock, so nothing can come between.
describe.runIf(engine === 'sqlite')('a tenant that changes while it is judged', () => {
  it('is judged again on what stands then', async () => {
    const mine = await tenant()
    await deliver(mine, double(START))
    const now = new Date((START + 10) * 1_000)
    let judged = 0
    await serveNext(database, now, async (memory, stripeIds) => {
      judged += 1
      if (judged === 1)
        await mine.scope.db.claim.update({
          where: { tenantId: mine.id },
          data: { version: { increment: 1 } },
        })
      const work: Work = {
        events: await memory.pendingEvents(stripeIds),
        now: START + 10,
        origin: 'LIVE',
        wall: now,
        newId: () => newId('anm'),
      }
      return judgeBatch(DETECTORS, memory, work)
    })
    expect(judged).toBe(2)
    expect(await anomaliesOf(mine)).toHaveLength(1)
  })
})

describe('a replay', () => {
  const history = (events: readonly Json[]) => events.map((one) => JSON.stringify(one))
  const parts = () => ({ ...pipeline, clock: { now: () => new Date('2026-01-01T00:00:00Z') } })
  const replay = (mine: Tenant, lines: string[], batch?: number) =>
    storedReplay(
      parts(),
      mine.id,
      readHistory(lines, mine.endpoint.id, () => {}),
      batch === undefined ? {} : { batch },
    )

  it('stores and judges with the clock of the events, as history', async () => {
    const mine = await tenant()
    const counts = await replay(mine, history([...double(START), paid(START + 86_400)]))
    expect(counts).toEqual({ stored: 3, duplicates: 0, late: 0, anomalies: 1 })
    const [anomaly] = await anomaliesOf(mine)
    expect(anomaly).toMatchObject({ origin: 'HISTORY', detectedAt: new Date((START + 5) * 1_000) })
    expect(anomaly?.endedAt).not.toBeNull()
  })

  it('of the same file again changes nothing', async () => {
    const mine = await tenant()
    const lines = history(double(START))
    await replay(mine, lines)
    expect(await replay(mine, lines)).toEqual({ stored: 0, duplicates: 2, late: 0, anomalies: 0 })
  })

  it('takes the time of delivery from a line that has one', async () => {
    const mine = await tenant()
    const lines = [
      JSON.stringify({ ...paid(START), received: START + 7_200 }),
      JSON.stringify(paid(START + 60)),
    ]
    await replay(mine, lines)
    const events = await mine.scope.db.stripeEvent.findMany({ orderBy: { createdAt: 'asc' } })
    expect(events.map(({ receivedAt }) => receivedAt.getTime() / 1_000)).toEqual([
      START + 7_200,
      START + 7_200,
    ])
  })

  it('rejects lines that are no events, by their number, and goes on', async () => {
    const mine = await tenant()
    const rejected: number[] = []
    const lines = ['not json', '', '[]', JSON.stringify(paid(START))]
    const counts = await storedReplay(
      parts(),
      mine.id,
      readHistory(lines, mine.endpoint.id, ({ line }) => void rejected.push(line)),
    )
    expect(rejected).toEqual([1, 3])
    expect(counts.stored).toBe(1)
  })

  const shape = ({
    detector,
    fingerprint,
    startedAt,
  }: {
    detector: string
    fingerprint: string
    startedAt: Date | number
  }) =>
    `${detector} ${fingerprint} ${Math.floor((typeof startedAt === 'number' ? startedAt * 1_000 : startedAt.getTime()) / 3_600_000)}`

  it('gives the same incidents stored, dry and live, whatever the batches and repeats', async () => {
    const step = fc.record({
      gap: fc.integer({ min: 1, max: 4_000 }),
      customer: fc.constantFrom('cus_a', 'cus_b', 'cus_c'),
      again: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, batch) => {
          let at = START
          const events = steps.flatMap(({ gap, customer, again }) => {
            at += gap
            const one = paid(at, { customer })
            return again ? [one, one] : [one]
          })
          const lines = history(events)
          const dry = await dryReplay(
            DETECTORS,
            readHistory(lines, 'whe_dry', () => {}),
            { choices: new Map(), wall: new Date(0) },
          )
          const expected = dry.map(({ incident }) => shape(incident)).sort()
          const [stored, live] = [await tenant(), await tenant()]
          await replay(stored, lines, batch)
          expect((await anomaliesOf(stored)).map(shape).sort()).toEqual(expected)
          for (let from = 0; from < events.length; from += batch) {
            await deliver(live, events.slice(from, from + batch), 0)
            await judgeAll(Number(events[Math.min(from + batch, events.length) - 1]?.['created']))
          }
          expect((await anomaliesOf(live)).map(shape).sort()).toEqual(expected)
        },
      ),
      { numRuns: 12 },
    )
  })
})

import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { Topic } from '../src/bus/bus.ts'
import { DETECTORS } from '../src/detection/registry.ts'
import { createPipeline, judgeDue } from '../src/pipeline/pass.ts'
import { readHistory } from '../src/pipeline/replay.ts'
import { storedReplay } from '../src/pipeline/stored-replay.ts'
import type { Database } from '../src/storage/database.ts'
import { readFacts } from '../src/stripe/kept-facts.ts'
import { updateTenant } from '../src/tenancy/tenant.ts'
import { toSeconds } from '../src/time.ts'
import { engine, testDatabase } from './support/database.ts'
import { counting, finding } from './support/detectors.ts'
import { anomaliesOf, double, paid, pipelineOn } from './support/pipeline.ts'
import { type Json, START } from './support/stripe/basics.ts'
import { charge } from './support/stripe/charges.ts'
import { event } from './support/stripe/events.ts'
import { acting, newTenant } from './tenancy/office.ts'

const database = await testDatabase()
const { bus, pipeline, deliver, judgeAll } = pipelineOn(database)

const tenant = () => newTenant(database)

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

  it('hands detectors the calendar of the tenant', async () => {
    const mine = await tenant()
    await updateTenant(mine.scope, acting, { timezone: 'Africa/Nairobi' })
    const detector = counting({
      key: () => '',
      observe: (_state, { at }, { calendar }) => {
        const title = `${calendar.momentInWords(at)}: ${calendar.holiday(at)?.name}`
        return { findings: [finding('', { title, startedAt: at })] }
      },
    })
    await deliver(mine, [paid(START, { customer: 'cus_1' })])
    await judgeAll(START + 10, { detectors: [detector] })
    expect(await anomaliesOf(mine)).toMatchObject([{ title: 'Sun 1 Jun, 03:00: Madaraka Day' }])
  })

  it('keeps what events said of billing, live and replayed alike, and that others said nothing', async () => {
    const [live, replayed] = [await tenant(), await tenant()]
    const events = [
      paid(START, { id: 'ch_1', customer: 'cus_1' }),
      event('charge.updated', charge({ id: 'ch_1' }), { created: START + 1 }),
      event('charge.refunded', charge({ id: 'ch_1', amount_refunded: 500 }), { created: START + 2 }),
    ]
    await deliver(live, events)
    await judgeAll(START + 10)
    const parts = { ...pipeline, clock: { now: () => new Date((START + 10) * 1_000) } }
    const lines = events.map((one) => JSON.stringify(one))
    await storedReplay(
      parts,
      replayed.id,
      readHistory(lines, replayed.endpoint.id, () => {}),
    )
    for (const { scope } of [live, replayed]) {
      const rows = await scope.db.stripeEvent.findMany({ orderBy: { createdAt: 'asc' } })
      const read = rows.map(({ facts, stripeId: eventId, createdAt }) =>
        facts === null ? null : readFacts(facts, { at: toSeconds(createdAt), eventId }),
      )
      expect(rows.map(({ factsVersion }) => factsVersion)).toEqual([1, 1, 1])
      expect(read).toMatchObject([
        [{ kind: 'chargeSucceeded', charge: 'ch_1', payer: 'cus_1', at: START }, { kind: 'chargeCaptured' }],
        null,
        [{ kind: 'refunded', amount: 500 }],
      ])
    }
  })

  it('counts each object once in the metrics, in its quarter of an hour and currency', async () => {
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

/** The database to a process that dies when it has judged and written, before that is committed. */
const dyingAtTheCommit: Database = {
  ...database,
  sqlFor: (purpose) => ({
    ...database.sqlFor(purpose),
    write: (work) =>
      database.sqlFor(purpose).write(async (tx) => {
        await work(tx)
        throw new Error('killed')
      }),
  }),
  begin: async (purpose) => {
    const tx = await database.begin(purpose)
    const commit = async () => {
      await tx.rollback()
      throw new Error('killed')
    }
    return Object.assign(tx, { commit })
  },
}

describe('a crash', () => {
  it('between storing and judging loses nothing and raises nothing twice', async () => {
    const mine = await tenant()
    await deliver(mine, double(START))
    // The process dies after judging, before its result is stored.
    const now = new Date((START + 10) * 1_000)
    await expect(judgeDue(createPipeline({ ...pipeline, database: dyingAtTheCommit }), now)).rejects.toThrow(
      'killed',
    )
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
    let writes = 0
    const sql = database.sqlFor('judging')
    const meddling: Database = {
      ...database,
      sqlFor: () => ({
        ...sql,
        write: async (work) => {
          writes += 1
          const where = { tenantId: mine.id }
          if (writes === 1) await mine.scope.db.claim.update({ where, data: { version: { increment: 1 } } })
          return sql.write(work)
        },
      }),
    }
    await judgeDue(createPipeline({ ...pipeline, database: meddling }), now)
    expect(writes).toBe(2)
    expect(await anomaliesOf(mine)).toHaveLength(1)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryBus } from '../src/bus/memory.ts'
import { checkJumps } from '../src/cli/doctor/clocks.ts'
import { DETECTORS } from '../src/detection/registry.ts'
import { EventFeed } from '../src/graphql/live/event-feed.ts'
import { followAlone } from '../src/graphql/live/follow.ts'
import type { ReadOnce } from '../src/graphql/live/shared-reader.ts'
import { createLogger } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import { Worker } from '../src/pipeline/worker.ts'
import { comeBack, recentJumps } from '../src/storage/clocks.ts'
import { scopeTo } from '../src/storage/scope/scope.ts'
import { EndpointDirectory } from '../src/tenancy/endpoint-directory.ts'
import { suspendTenant } from '../src/tenancy/tenant.ts'
import { DAY, HOUR, toSeconds } from '../src/time.ts'
import { testDatabase } from './support/database.ts'
import { paid, pipelineOn } from './support/pipeline.ts'
import { SteppedClock } from './support/stepped-clock.ts'
import { START } from './support/stripe/basics.ts'
import { acting, newTenant, vault } from './tenancy/office.ts'

const database = await testDatabase()
const { deliver, judgeAll } = pipelineOn(database)

type Tenant = Awaited<ReturnType<typeof newTenant>>

const clockOf = async ({ scope, id }: Tenant): Promise<number | undefined> => {
  const stream = await scope.db.stream.findFirst({ where: { tenantId: id } })
  return stream === null ? undefined : Number(stream.clock)
}

/** A clock at START. */
function clockAt(seconds: number): SteppedClock {
  const clock = new SteppedClock()
  clock.jump(seconds - toSeconds(clock.now()))
  return clock
}

describe('a worker whose clock jumps', () => {
  let worker: Worker | undefined
  afterEach(() => worker?.stop())
  const bus = memoryBus()
  const start = (clock: SteppedClock): void => {
    const parts = {
      database,
      bus,
      detectors: DETECTORS,
      log: createLogger('silent'),
      metrics: createMetrics(false),
    }
    worker = new Worker({ ...parts, clock })
    worker.start()
  }
  const judged = ({ scope, id }: Tenant, count: number) =>
    vi.waitFor(
      async () => {
        bus.publish('work')
        expect(await scope.db.stripeEvent.count({ where: { tenantId: id, status: 'PROCESSED' } })).toBe(count)
      },
      { timeout: 45_000, interval: 50 },
    )

  it('ten days ahead leaves the clocks of streams where they are, records it, and doctor says so', async () => {
    const mine = await newTenant(database)
    const clock = clockAt(START + 10)
    start(clock)
    await deliver(mine, [paid(START, { customer: 'cus_1' })])
    await judged(mine, 1)
    clock.jump(10 * DAY)
    await deliver(mine, [paid(START + 2, { customer: 'cus_2' })])
    await judged(mine, 2)
    expect(await clockOf(mine)).toBe(START + 10)
    const [jump] = await recentJumps(database)
    expect(jump).toEqual({ at: new Date((START + 10) * 1_000), seconds: 10 * DAY, outcome: 'ignored' })
    expect(await checkJumps(database, clock)).toContainEqual(
      expect.objectContaining({
        level: 'problem',
        message: expect.stringMatching(/jumped ahead by 864000 s/),
      }),
    )
    clock.jump(-10 * DAY)
    clock.forward(4)
    await deliver(mine, [paid(START + 3, { customer: 'cus_3' })])
    await judged(mine, 3)
    expect(await clockOf(mine)).toBe(START + 14)
    await vi.waitFor(async () => expect((await recentJumps(database))[0]?.outcome).toBe('reversed'))
    expect((await checkJumps(database, clock)).map(({ level }) => level)).toEqual(['notice'])
  })

  it('is believed at the start: two days down have passed', async () => {
    const mine = await newTenant(database)
    await deliver(mine, [paid(START, { customer: 'cus_1' })])
    await judgeAll(START + 10)
    start(clockAt(START + 2 * DAY))
    await vi.waitFor(async () => expect(await clockOf(mine)).toBe(START + 2 * DAY), { timeout: 45_000 })
  })
})

describe('a stream that is ahead of the clock at the start', () => {
  let mine: Tenant
  beforeEach(async () => {
    mine = await newTenant(database)
    await deliver(mine, [paid(START, { customer: 'cus_1' })], 5)
    await judgeAll(START + 10 * DAY)
    expect(await clockOf(mine)).toBe(START + 10 * DAY)
  })

  it('comes back to the clock', async () => {
    expect(await checkJumps(database, clockAt(START + HOUR))).toContainEqual(
      expect.objectContaining({ level: 'problem', message: expect.stringMatching(/ahead of the clock/) }),
    )
    const version = async () =>
      (await mine.scope.db.claim.findFirst({ where: { tenantId: mine.id } }))?.version
    const before = await version()
    expect(await comeBack(database, new Date((START + HOUR) * 1_000))).toBeGreaterThan(0)
    expect(await clockOf(mine)).toBe(START + HOUR)
    expect(Number(await version())).toBe(Number(before) + 1)
  })

  it('comes back to its newest delivery where that is later, and to nothing where it is not ahead', async () => {
    await comeBack(database, new Date((START - HOUR) * 1_000))
    expect(await clockOf(mine)).toBe(START + 5)
    await comeBack(database, new Date((START + HOUR) * 1_000))
    expect(await clockOf(mine)).toBe(START + 5)
  })

  it('judges events at once that were stored while the clock was ahead', async () => {
    await deliver(mine, [paid(START + DAY, { customer: 'cus_2' })])
    await comeBack(database, new Date((START + HOUR) * 1_000))
    await judgeAll(START + HOUR)
    expect(await mine.scope.db.stripeEvent.count({ where: { tenantId: mine.id, status: 'PENDING' } })).toBe(0)
  })
})

describe('a clock that is set back an hour', () => {
  it('keeps no suspended tenant answered', async () => {
    const mine = await newTenant(database)
    const clock = clockAt(START)
    const directory = new EndpointDirectory({ database, vault, clock })
    expect(await directory.find(mine.token)).toBeDefined()
    clock.jump(-HOUR)
    await suspendTenant(mine.scope, acting)
    clock.forward(1)
    expect(await directory.find(mine.token)).toBeUndefined()
  })

  it('silences no subscriber of events, who hears of none again', async () => {
    const mine = await newTenant(database)
    const clock = clockAt(START)
    const bus = memoryBus()
    const readOnce: ReadOnce = (tenantId, work) => work(scopeTo(database, tenantId))
    const feed = new EventFeed({ bus, clock, log: createLogger('silent'), readOnce })
    const stop = new AbortController()
    const joined = await feed.join(mine.scope)
    const events = followAlone(joined, joined.reader.head, stop.signal)
    const store = async (id: string) => {
      const at = toSeconds(clock.now())
      await deliver(mine, [{ ...paid(at, { customer: id }), id }], 0)
      bus.publish(`events:${mine.id}`)
    }
    const first = events.next()
    await store('evt_1')
    expect((await first).value?.event.stripeId).toBe('evt_1')
    clock.forward(30)
    const second = events.next()
    await store('evt_2')
    expect((await second).value?.event.stripeId).toBe('evt_2')
    clock.jump(-HOUR)
    const heard = []
    for (const id of ['evt_3', 'evt_4']) {
      clock.forward(HOUR / 4)
      const next = events.next()
      await store(id)
      heard.push((await next).value?.event.stripeId)
    }
    clock.forward(HOUR / 2)
    const last = events.next()
    await store('evt_5')
    heard.push((await last).value?.event.stripeId)
    expect(heard).toEqual(['evt_3', 'evt_4', 'evt_5'])
    stop.abort()
  })
})

import { describe, expect, test } from 'vitest'
import { takeStep } from '../../src/anomalies/lifecycle.ts'
import { endOverdueSnooze, snoozeAnomaly, unsnoozeAnomaly } from '../../src/anomalies/snooze.ts'
import { SnoozeWatch } from '../../src/anomalies/snooze-watch.ts'
import { memoryBus } from '../../src/bus/memory.ts'
import { createLogger } from '../../src/log.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { raise } from '../support/anomalies.ts'
import { testDatabase } from '../support/database.ts'
import { acting, makeTenant } from '../support/graphql.ts'

const database = await testDatabase()

const NOW = new Date('2026-03-02T10:00:00.000Z')
const NEXT_DAY = new Date('2026-03-03T08:00:00.000Z')
const at = (now: Date) => ({ ...acting, clock: { now: () => now } })

async function anomalyOf(seed: Parameters<typeof raise>[2] = {}) {
  const tenant = await makeTenant(database)
  const scope = scopeTo(database, tenant.id)
  const id = await raise(database, tenant.id, seed)
  const acts = async () =>
    (
      await scope.db.activity.findMany({
        where: { anomalyId: id, kind: { not: 'ANOMALY_RAISED' } },
        orderBy: { seq: 'asc' },
      })
    ).map(({ kind, actorKind, data }) => ({ kind, actorKind, ...JSON.parse(data ?? '{}') }))
  return { tenant, scope, id, acts }
}

describe('a snooze', () => {
  test('until a time is kept with that time, and told with what was there before', async () => {
    const { scope, id, acts } = await anomalyOf()
    const { anomaly } = await snoozeAnomaly(scope, at(NOW), id, { until: NEXT_DAY })
    expect(anomaly).toMatchObject({ status: 'OPEN', snoozedUntil: NEXT_DAY, snoozedSize: null })
    await snoozeAnomaly(scope, at(NOW), id, { untilItGrows: true })
    const { anomaly: awake } = await unsnoozeAnomaly(scope, at(NOW), id)
    expect(awake).toMatchObject({ snoozedUntil: null, snoozedSize: null })
    const [first, second, last, ...more] = await acts()
    expect(first).toMatchObject({
      kind: 'ANOMALY_SNOOZED',
      until: NEXT_DAY.toISOString(),
      untilItGrows: false,
      former: { snoozedUntil: null },
    })
    expect(second).toMatchObject({
      kind: 'ANOMALY_SNOOZED',
      until: null,
      untilItGrows: true,
      former: { snoozedUntil: NEXT_DAY.toISOString() },
    })
    expect(last).toMatchObject({ kind: 'ANOMALY_UNSNOOZED', reason: 'PERSON' })
    expect(more).toEqual([])
  })

  test('in the same way again, or ended twice, is no act', async () => {
    const { scope, id, acts } = await anomalyOf()
    for (const snooze of [{ until: NEXT_DAY }, { untilItGrows: true }]) {
      await snoozeAnomaly(scope, at(NOW), id, snooze)
      const { activity } = await snoozeAnomaly(scope, at(NOW), id, snooze)
      expect(activity).toBeNull()
    }
    await unsnoozeAnomaly(scope, at(NOW), id)
    expect((await unsnoozeAnomaly(scope, at(NOW), id)).activity).toBeNull()
    expect(await acts()).toHaveLength(3)
  })

  test.each([
    ['a time that has passed', { until: new Date(NOW.getTime() - 1) }],
    ['this very moment', { until: NOW }],
    ['neither of the two', {}],
    ['neither of the two, said so', { untilItGrows: false }],
    ['both of the two', { until: NEXT_DAY, untilItGrows: true }],
  ])('with %s is refused', async (_name, snooze) => {
    const { scope, id, acts } = await anomalyOf()
    await expect(snoozeAnomaly(scope, at(NOW), id, snooze)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { issues: [{ path: ['until'] }] },
    })
    expect(await acts()).toEqual([])
  })

  test.each(['RESOLVED', 'FALSE_POSITIVE'])('of one that is %s is a conflict', async (status) => {
    const { scope, id } = await anomalyOf({ status })
    await expect(snoozeAnomaly(scope, at(NOW), id, { until: NEXT_DAY })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  test('outlasts an acknowledgement, and ends with a decision', async () => {
    for (const step of ['resolve', 'markFalsePositive'] as const) {
      const { scope, id } = await anomalyOf()
      await snoozeAnomaly(scope, at(NOW), id, { until: NEXT_DAY })
      const { anomaly } = await takeStep(scope, at(NOW), 'acknowledge', id)
      expect(anomaly.snoozedUntil).toEqual(NEXT_DAY)
      expect((await takeStep(scope, at(NOW), step, id)).anomaly.snoozedUntil).toBeNull()
    }
  })
})

describe('a snooze whose time is over', () => {
  const watchAt = (now: Date) =>
    new SnoozeWatch({ database, bus: memoryBus(), clock: { now: () => now }, log: createLogger('silent') })

  test('ends once, by the system, however many processes look', async () => {
    const { scope, id, acts } = await anomalyOf()
    await snoozeAnomaly(scope, at(NOW), id, { until: NEXT_DAY })
    expect(await watchAt(new Date(NEXT_DAY.getTime() - 1)).look()).toBe(0)
    const ended = await Promise.all([watchAt(NEXT_DAY).look(), watchAt(NEXT_DAY).look()])
    expect(ended.reduce((sum, one) => sum + one)).toBe(1)
    expect((await acts()).slice(1)).toMatchObject([
      {
        kind: 'ANOMALY_UNSNOOZED',
        actorKind: 'SYSTEM',
        reason: 'TIME',
        former: { snoozedUntil: NEXT_DAY.toISOString() },
      },
    ])
    const { snoozedUntil } = await scope.db.anomaly.findFirstOrThrow({ where: { id } })
    expect(snoozedUntil).toBeNull()
  })

  test('sleeps on when somebody has put it off again since it was found', async () => {
    const { scope, id } = await anomalyOf()
    await snoozeAnomaly(scope, at(NOW), id, { until: new Date(NEXT_DAY.getTime() + 1) })
    expect((await endOverdueSnooze(scope, at(NEXT_DAY), id)).activity).toBeNull()
    await snoozeAnomaly(scope, at(NOW), id, { untilItGrows: true })
    expect((await endOverdueSnooze(scope, at(NEXT_DAY), id)).activity).toBeNull()
  })

  test('is ended by a running watch, which then stops', async () => {
    const { scope, id, acts, tenant } = await anomalyOf()
    await snoozeAnomaly(scope, at(NOW), id, { until: NEXT_DAY })
    const bus = memoryBus()
    let hints = 0
    bus.subscribe(`feed:${tenant.id}`, () => {
      hints += 1
    })
    // The first one comes by itself.
    await expect.poll(() => hints).toBe(1)
    const clock = { now: () => NEXT_DAY }
    const watch = new SnoozeWatch({ database, bus, clock, log: createLogger('silent') })
    watch.start()
    await expect.poll(() => hints, { timeout: 45_000 }).toBe(2)
    await watch.stop()
    expect((await acts()).at(-1)).toMatchObject({ kind: 'ANOMALY_UNSNOOZED' })
  })
})

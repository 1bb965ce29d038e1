import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SubscriptionChanged } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE } from '../../../src/time.ts'
import { sameInAnyOrder } from '../../support/any-order.ts'
import { shapeOf } from '../../support/drive.ts'
import { changed } from '../../support/facts.ts'
import { arrivals, MONDAY, seeded } from '../../support/times.ts'
import { big, calm, down, downs, evenly, judge, known, NOW } from './downgrades.ts'

describe('a surge of downgrades', () => {
  const quiet: [string, SubscriptionChanged[]][] = [
    ['4 in an hour', downs(1, evenly(4, NOW, HOUR))],
    ['scheduled downgrades', downs(1, evenly(20, NOW, HOUR), { scheduled: true })],
    ['prices raised for all', downs(1, evenly(20, NOW, HOUR), { price: 5900, monthly: 5900 })],
    ['falls of just under a tenth', downs(1, evenly(20, NOW, HOUR), { price: 4411, monthly: 4411 })],
    [
      'changes that leave price and seats as they are',
      downs(1, evenly(20, NOW, HOUR)).map(({ before: _, ...rest }) => rest),
    ],
    ['moves from month to year', downs(1, evenly(20, NOW, HOUR), { price: 49_000, monthly: 4083.3 })],
    ['subscriptions that never began', downs(1, evenly(20, NOW, HOUR), { status: 'incomplete' })],
    ['values that are not known', downs(1, evenly(20, NOW, HOUR), { before: { seats: 9 } })],
    [
      'one subscription going up and down',
      evenly(20, NOW, HOUR).map((at, i) => down(1, at, { eventId: `evt_${i}` })),
    ],
  ]

  test.each(quiet)('is not seen in %s', (_, facts) => {
    expect(judge([...calm, ...facts]).findings).toEqual([])
  })

  test('is not seen in the ordinary downgrades of a large tenant', () => {
    const usual = downs(1, evenly(450, MONDAY, 90 * DAY))
    expect(judge(usual).findings.filter(({ startedAt }) => startedAt > MONDAY + 30 * DAY)).toEqual([])
  })

  test('is not seen in the first days of a tenant of thousands of subscriptions', () => {
    const renewals = evenly(40 * 80, MONDAY, 40 * DAY).map((at, i) =>
      changed(at, { subscription: `sub_r${i}` }),
    )
    const random = seeded(5)
    const usual = downs(
      1,
      arrivals(MONDAY, MONDAY + 40 * DAY, () => 1 / 24, random),
    )
    const facts = [...renewals, ...usual].sort((a, b) => a.at - b.at)
    expect(judge(facts).findings).toEqual([])
    const surge = downs(501, evenly(15, MONDAY + 2 * DAY, 2 * HOUR))
    expect(judge([...facts, ...surge].sort((a, b) => a.at - b.at)).incidents).toHaveLength(1)
  })

  test('is not seen in a handful within an hour where that many come every day', () => {
    const usual = downs(1_000, evenly(5 * 100, NOW - 100 * DAY, 100 * DAY))
    const { findings } = judge([...usual, ...downs(1, evenly(6, NOW, 40 * MINUTE))])
    expect(findings.filter(({ startedAt }) => startedAt > NOW - DAY)).toEqual([])
    const more = judge([...usual, ...downs(1, evenly(20, NOW, 2 * HOUR))]).findings
    expect(more.filter(({ startedAt }) => startedAt > NOW - DAY)).not.toEqual([])
  })

  test('is not made of downgrades that are told days late', () => {
    const facts = [...downs(1, evenly(4, NOW, HOUR)), down(90, NOW + 5 * DAY), down(91, NOW + 2 * HOUR)]
    expect(judge([...calm, ...facts]).findings).toEqual([])
  })

  test('never counts fewer than before while it lasts', () => {
    const slow = evenly(8, NOW + 2 * HOUR, 7 * DAY)
    const usual = downs(2_000, evenly(300, MONDAY, 200 * DAY))
    const { findings } = judge([...usual, ...downs(1, evenly(25, NOW, HOUR)), ...downs(101, slow)])
    const counts = findings
      .filter(({ startedAt }) => startedAt > NOW - 3 * DAY)
      .map(({ evidence }) => evidence[0]?.observed ?? 0)
    expect(counts.length).toBeGreaterThan(10)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  })

  test.each([
    ['5 within a day where 0.1 is usual', calm, evenly(5, NOW, DAY), 'MEDIUM'],
    ['7', calm, evenly(7, NOW, 2 * HOUR), 'MEDIUM'],
    ['8', calm, evenly(8, NOW, 2 * HOUR), 'HIGH'],
    ['12', calm, evenly(12, NOW, 2 * HOUR), 'CRITICAL'],
    ['15 in 2 hours', calm, evenly(15, NOW, 2 * HOUR), 'CRITICAL'],
    ['5 on the first day of all', [], evenly(5, NOW, DAY), 'MEDIUM'],
    ['falls of a tenth', calm, evenly(5, NOW, HOUR), 'MEDIUM'],
  ])('is seen in %s', (_, before, times, severity) => {
    const [episode, ...more] = judge([...before, ...downs(1, times)]).incidents
    expect(more).toEqual([])
    expect(episode).toMatchObject({ fingerprint: '', severity, startedAt: NOW, occurrences: times.length })
    expect(episode?.impact).toEqual({ amount: times.length * 2000, currency: 'usd' })
    expect(episode?.grouping.events).toBe(times.length)
  })

  test('is seen in falls of a tenth to the cent', () => {
    expect(
      judge([...calm, ...downs(1, evenly(5, NOW, HOUR), { price: 4410, monthly: 4410 })]).findings,
    ).toHaveLength(1)
  })

  test('says how many, against how many, and how sure that is', () => {
    const [finding] = judge([...calm, ...downs(1, evenly(5, NOW, 5 * HOUR))]).findings
    expect(finding?.message).toContain('5 subscriptions have moved to cheaper plans since')
    expect(finding?.message).toContain('$100.00 less a month')
    expect(finding?.confidence).toBeGreaterThan(0.99)
    expect(finding?.subjects).toEqual([1, 2, 3, 4, 5].map((n) => ({ type: 'subscription', id: `sub_${n}` })))
    const [observed, evidence] = finding?.evidence ?? []
    expect(observed).toMatchObject({ observed: 5, threshold: 5, unit: 'COUNT' })
    expect(observed?.expected).toBeGreaterThan(0)
    expect(observed?.expected).toBeLessThan(0.1)
    expect(evidence?.observed).toBeGreaterThanOrEqual(evidence?.threshold ?? Number.POSITIVE_INFINITY)
    expect(finding?.series?.().map(({ observed }) => observed)).toEqual([1, 2, 3, 4, 5])
  })

  test('keeps to what the tenant set', () => {
    const facts = [...calm, ...downs(1, evenly(5, NOW, HOUR))]
    expect(judge(facts, { minCustomers: 6 }).findings).toEqual([])
    const few = [...calm, ...downs(1, evenly(3, NOW, DAY))]
    expect(judge(few, { minCustomers: 3, falseAlarmsPerYear: 12 }).findings).toHaveLength(1)
    expect(judge(few, { minCustomers: 3, falseAlarmsPerYear: 0.05 }).findings).toEqual([])
  })

  test('ends a day after its last sign, and a single downgrade days later is none', () => {
    const facts = [
      ...calm,
      ...downs(1, evenly(15, NOW, 2 * HOUR)),
      down(99, NOW + 3 * DAY),
      down(98, NOW + 6 * DAY),
    ]
    const [episode, ...more] = judge(facts).incidents
    expect(more).toEqual([])
    expect(episode?.endedAt).toBe(NOW + 112 * MINUTE + DAY)
  })

  test('does not become usual: a second one a month later is seen as the first was', () => {
    const facts = [...calm, ...downs(1, evenly(15, NOW, DAY)), ...downs(101, evenly(15, NOW + 30 * DAY, DAY))]
    expect(judge(facts).incidents.map(({ occurrences }) => occurrences)).toEqual([15, 15])
  })

  test('that lasts for a week is taken as usual from then on', () => {
    const driven = judge([...calm, ...downs(1, evenly(120, NOW, 30 * DAY))])
    const [episode, ...more] = driven.incidents
    expect(more).toEqual([])
    expect(driven.endings[0]?.note).toContain('taken as usual')
    expect(episode?.endedAt).toBeGreaterThanOrEqual(NOW + 7 * DAY)
    expect(episode?.endedAt).toBeLessThan(NOW + 9 * DAY)
  })
})

describe('what must always hold', () => {
  test('the order within 15 minutes changes no incident', () => {
    const fact = fc.record({
      after: fc.integer({ min: 0, max: 14 * MINUTE }),
      n: fc.integer({ min: 1, max: 20 }),
      isBig: fc.boolean(),
    })
    const streams = fc
      .uniqueArray(fact, { minLength: 1, maxLength: 14, selector: ({ n }) => n })
      .map((each) =>
        each.map(({ after, n, isBig }) =>
          isBig
            ? big({ at: NOW + after, subscription: `sub_${n}`, eventId: `evt_${n}` })
            : down(n, NOW + after),
        ),
      )
    for (const before of [[...calm, ...known], calm.slice(-2)])
      sameInAnyOrder(streams, (facts) => shapeOf(judge([...before, ...facts]).incidents), 30)
  })

  test('the state stays small, however many subscriptions there are', () => {
    const driven = judge(
      Array.from({ length: 1_200 }, (_, i) => down(i, MONDAY + i * 60, { currency: `c${i % 30}` })),
    )
    expect(driven.size('')).toBeLessThan(20_000)
  })
})

describe('downgrades that come back', () => {
  const ends = [0, 31, 59, 90, 120].map((day) => Date.UTC(2026, 0, 31 + day, 15) / 1_000)
  const surges = (number: number) =>
    ends.flatMap((at, i) => downs(5_000 + 100 * i, evenly(number, at, 3 * HOUR)))
  const before = downs(4_000, evenly(5, (ends[0] ?? 0) - 100 * DAY, 90 * DAY))

  test('at the end of each month are the course by the third time', () => {
    const found = judge([...before, ...surges(9)]).incidents
    expect(found.length).toBeLessThanOrEqual(2)
  })

  test('are reported when they go far beyond', () => {
    const more = downs(9_000, evenly(60, (ends[4] ?? 0) + 3 * HOUR, 3 * HOUR))
    expect(judge([...before, ...surges(9), ...more]).incidents.length).toBeGreaterThan(2)
  })
})

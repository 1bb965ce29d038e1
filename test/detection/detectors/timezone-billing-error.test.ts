import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timezoneBillingError } from '../../../src/detection/detectors/timezone-billing-error.ts'
import type { FactOf } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { sameInAnyOrder } from '../../support/any-order.ts'
import { drive, shapeOf } from '../../support/drive.ts'
import { changed, invoiceCreated } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

type Fact = FactOf<(typeof timezoneBillingError.facts)[number]>
const judge = (facts: readonly Fact[], settings = {}) => drive(timezoneBillingError, facts, { settings })

const at = (text: string): Seconds => Date.parse(`${text}Z`) / 1000
const monthly = changed(MONDAY)
const renewal = (n: number, after: number, fact: Partial<FactOf<'invoiceCreated'>> = {}) =>
  invoiceCreated(MONDAY + after, {
    invoice: `in_${n}`,
    reason: 'subscription_cycle',
    subscription: 'sub_1',
    ...fact,
  })
/** A turn of the period: the last one ended at MONDAY + 31 d, the new one begins so much later. */
const turn = (late: Seconds, fact: Partial<FactOf<'subscriptionChanged'>> = {}) =>
  changed(MONDAY + 31 * DAY + Math.max(0, late), {
    rolled: true,
    previousEnd: MONDAY + 31 * DAY,
    start: MONDAY + 31 * DAY + late,
    end: MONDAY + 62 * DAY + late,
    ...fact,
  })

const quiet: [string, Fact[]][] = [
  ['a daily plan, 24 h apart', [changed(MONDAY, { interval: 'day' }), renewal(1, 0), renewal(2, DAY)]],
  ['a month apart', [monthly, renewal(1, 0), renewal(2, 31 * DAY)]],
  ['half a month apart', [monthly, renewal(1, 0), renewal(2, Math.ceil((365 * DAY) / 24))]],
  [
    'an upgrade invoice the same day',
    [monthly, renewal(1, 0), renewal(2, 5 * HOUR, { reason: 'subscription_update' })],
  ],
  [
    'a first and a renewal invoice',
    [monthly, renewal(1, 0, { reason: 'subscription_create' }), renewal(2, DAY)],
  ],
  ['two subscriptions', [monthly, renewal(1, 0), renewal(2, 60, { subscription: 'sub_2' })]],
  [
    'an invoice of no subscription',
    [renewal(1, 0), renewal(2, 60)].map(({ subscription: _, ...rest }) => rest),
  ],
  ['renewals of no known period', [renewal(1, 0), renewal(2, DAY)]],
  [
    'a trial that was given in between',
    [monthly, renewal(1, 0), changed(MONDAY + DAY, { reanchored: true }), renewal(2, 10 * DAY)],
  ],
  [
    '31 Jan to 28 Feb',
    [
      changed(at('2025-02-28T09:00:00'), {
        rolled: true,
        previousEnd: at('2025-02-28T09:00:00'),
        start: at('2025-02-28T09:00:00'),
      }),
    ],
  ],
  ['a period that turns on time', [turn(0)]],
  ['2 h early to the second', [turn(-2 * HOUR)]],
  ['2 h late to the second', [turn(2 * HOUR)]],
  ['a plan change that re-anchors', [turn(-30 * HOUR, { reanchored: true })]],
  ['a change of price', [turn(-30 * HOUR, { before: { price: 900 } })]],
  ['3 days late: SILENT_LAPSE tells', [turn(3 * DAY)]],
  ['3 days early', [turn(-3 * DAY)]],
  ['a change that does not roll', [turn(5 * HOUR, { rolled: false })]],
]

const doubles: [string, Fact[], Seconds][] = [
  ['24 h apart on a monthly plan', [monthly, renewal(1, 0), renewal(2, DAY)], DAY],
  [
    'just under half a month apart',
    [monthly, renewal(1, 0), renewal(2, Math.ceil((365 * DAY) / 24) - 1)],
    Math.ceil((365 * DAY) / 24) - 1,
  ],
  [
    'an hour apart on a daily plan',
    [changed(MONDAY, { interval: 'day' }), renewal(1, 0), renewal(2, HOUR)],
    HOUR,
  ],
  [
    '5 months apart on an annual plan',
    [changed(MONDAY, { interval: 'year' }), renewal(1, 0), renewal(2, 150 * DAY)],
    150 * DAY,
  ],
  [
    'known by the line’s period alone',
    [renewal(1, 0), renewal(2, DAY, { start: MONDAY + DAY, end: MONDAY + 31 * DAY })],
    DAY,
  ],
  ['the subscription seen last', [renewal(1, 0), renewal(2, DAY), changed(MONDAY + DAY + 60)], DAY],
  [
    'a first event that came weeks later',
    [monthly, renewal(1, 0), renewal(2, 40 * DAY, { created: MONDAY + DAY })],
    DAY,
  ],
]

describe('a subscription that renews twice', () => {
  test.each(quiet)('is not seen in %s', (_, facts) => {
    expect(judge(facts).findings).toEqual([])
  })

  test.each(doubles)('is seen in two renewals %s, in any order', (_, facts, gap) => {
    for (const order of [facts, [...facts].reverse()]) {
      const { findings } = judge(order)
      expect(findings).toHaveLength(1)
      expect(findings[0]).toMatchObject({
        fingerprint: 'sub_1',
        severity: 'HIGH',
        confidence: 1,
        startedAt: MONDAY + gap,
        customer: 'cus_1',
        impact: { amount: 2900, currency: 'usd' },
        subjects: [
          { type: 'invoice', id: 'in_1' },
          { type: 'invoice', id: 'in_2' },
          { type: 'subscription', id: 'sub_1' },
          { type: 'customer', id: 'cus_1' },
        ],
        events: ['evt_in_1_created', 'evt_in_2_created'],
      })
    }
  })

  test('says which invoices, how far apart, and which one to take back', () => {
    const [finding] = judge([monthly, renewal(1, 0), renewal(2, DAY)]).findings
    expect(finding?.message).toContain(
      'by in_1 on Mon 3 Mar, 00:00 and again by in_2 1 day later, though it renews only every month',
    )
    expect(finding?.advice).toContain('Look at in_2')
    expect(finding?.evidence[0]).toEqual({
      name: 'time between renewals',
      observed: DAY,
      expected: (365 * DAY) / 12,
      threshold: (365 * DAY) / 24,
      unit: 'SECONDS',
    })
  })

  test('a third time is the same incident', () => {
    const [episode, ...more] = judge([monthly, renewal(1, 0), renewal(2, DAY), renewal(3, 2 * DAY)]).until(
      MONDAY + 9 * DAY,
    ).incidents
    expect(more).toEqual([])
    expect(episode).toMatchObject({ occurrences: 2, startedAt: MONDAY + DAY, endedAt: MONDAY + 3 * DAY })
  })
})

describe('a period that turns at the wrong time', () => {
  test.each([
    ['5 h early', -5 * HOUR, '5 hours too early'],
    ['2 h and a second early', -2 * HOUR - 1, '2 hours too early'],
    ['30 h late', 30 * HOUR, '1 day 6 hours too late'],
    ['a second under 3 days late', 3 * DAY - 1, 'too late'],
  ])('is seen %s', (_, late, words) => {
    const fact = turn(late)
    const { findings } = judge([fact])
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      fingerprint: 'sub_1',
      severity: 'MEDIUM',
      startedAt: fact.at,
      impact: { amount: 2900, currency: 'usd' },
    })
    expect(findings[0]?.message).toContain(words)
    expect(findings[0]?.evidence[0]).toMatchObject({
      observed: Math.abs(late),
      threshold: 2 * HOUR,
      unit: 'SECONDS',
    })
  })

  test('puts the total of its own invoice at risk, where that is known', () => {
    const early = renewal(1, 31 * DAY - 5 * HOUR, { total: 3480 })
    const [finding] = judge([early, turn(-5 * HOUR)]).findings
    expect(finding?.impact).toEqual({ amount: 3480, currency: 'usd' })
    expect(finding?.subjects[0]).toEqual({ type: 'invoice', id: 'in_1' })
  })

  test('keeps to the tolerance that the tenant set', () => {
    expect(judge([turn(HOUR + 1)], { tolerance: HOUR }).findings).toHaveLength(1)
    expect(judge([turn(5 * HOUR)], { tolerance: 5 * HOUR }).findings).toEqual([])
  })

  test('and a renewal that is late by 30 h are one alarm, not two', () => {
    const facts = [monthly, renewal(1, 0), renewal(2, 31 * DAY + 30 * HOUR), turn(30 * HOUR)]
    expect(judge(facts).findings).toHaveLength(1)
  })
})

describe('what must always hold', () => {
  test('the order within 15 minutes changes no incident', () => {
    const after = fc.integer({ min: 0, max: 14 * MINUTE })
    const streams = fc
      .uniqueArray(after, { minLength: 1, maxLength: 4 })
      .map((times): Fact[] => [
        changed(MONDAY),
        turn(5 * HOUR, { at: MONDAY + 60 }),
        ...times.map((time, i) => renewal(i, time)),
      ])
    sameInAnyOrder(streams, (facts) => shapeOf(judge(facts).incidents))
  })

  test('a subscription’s state stays small', () => {
    const facts = Array.from({ length: 100 }, (_, i) => renewal(i, i * 31 * DAY))
    expect(judge([monthly, ...facts]).size('sub_1')).toBeLessThan(1_000)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { negativeInvoice } from '../../../src/detection/detectors/negative-invoice/detector.ts'
import type { FactOf } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE } from '../../../src/time.ts'
import { sameInAnyOrder } from '../../support/any-order.ts'
import { drive, shapeOf } from '../../support/drive.ts'
import { captured, changed, finalized, paid } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

type Fact = FactOf<(typeof negativeInvoice.facts)[number]>
const judge = (facts: readonly Fact[], settings = {}) => drive(negativeInvoice, facts, { settings })

const payment = (after: number, amount = 2900, currency = 'usd') =>
  captured(MONDAY + after, { customer: 'cus_1', charge: `ch_${after}`, amount, currency })
/** The invoice of a change to a cheaper plan: nothing but prorated lines. */
const credit = (total: number, after = 10 * DAY) =>
  finalized(MONDAY + after, {
    invoice: 'in_1',
    total,
    reason: 'subscription_update',
    prorated: true,
    subscription: 'sub_1',
  })

const quiet: [string, Fact[]][] = [
  ['a downgrade that credits half a month', [payment(0), credit(-1450)]],
  ['a total of 0', [finalized(MONDAY, { invoice: 'in_1', total: 0, reason: 'manual' })]],
  ['an ordinary invoice', [finalized(MONDAY, { invoice: 'in_1', total: 2900 })]],
  ['a credit of 1.02 times the price', [changed(MONDAY, { price: 10_000 }), credit(-10_200)]],
  [
    'a credit of 1.02 times the price before the change',
    [changed(MONDAY, { price: 100, before: { price: 10_000 } }), credit(-10_200)],
  ],
  ['a credit of what was paid for the plan and its upgrade', [payment(0), payment(DAY, 2000), credit(-4900)]],
  ['a downgrade of somebody nothing is known of', [credit(-999_900)]],
  ['a downgrade of somebody who paid in another currency only', [payment(0, 2900, 'eur'), credit(-999_900)]],
  [
    'a credit of what was paid outside Stripe',
    [paid(MONDAY, { invoice: 'in_0', outOfBand: true }), credit(-2900)],
  ],
]

/** Stripe's default: the credit of a change of plan stands on the next renewal, beside the regular line. */
const renewal = (total: number, prorations: number) =>
  finalized(MONDAY + 10 * DAY, {
    invoice: 'in_1',
    total,
    prorations,
    reason: 'subscription_cycle',
    subscription: 'sub_1',
  })

/** A first period as Stripe tells of it: the invoice is paid, and so is the charge that pays it. */
const firstPeriod = [
  captured(MONDAY, { customer: 'cus_1', charge: 'ch_1', invoice: 'in_0', recurring: true }),
  paid(MONDAY + 1, { invoice: 'in_0', amountPaid: 2900 }),
]

quiet.push(
  ['a credit of the one payment of a first period', [...firstPeriod, credit(-2958)]],
  ['a downgrade whose credit stands on the next renewal', [payment(0, 10_000), renewal(-3_355, -4_355)]],
  [
    'a change by hand to a cheaper plan, collected at once',
    [payment(0, 10_000), { ...renewal(-4_000, -4_000), reason: 'manual' }],
  ],
)

const firing: [string, Fact[], object][] = [
  [
    'a manual invoice of −15.00',
    [payment(0), finalized(MONDAY + DAY, { invoice: 'in_1', total: -1500, reason: 'manual' })],
    { severity: 'MEDIUM', impact: { amount: 1500, currency: 'usd' } },
  ],
  [
    'a renewal with a coupon above the price',
    [payment(0), finalized(MONDAY + DAY, { invoice: 'in_1', total: -100, reason: 'subscription_cycle' })],
    { severity: 'HIGH', impact: { amount: 100, currency: 'usd' } },
  ],
  [
    'a renewal with prorations of three times the price',
    [payment(0), renewal(-5_800, -8_700)],
    { severity: 'HIGH' },
  ],
  [
    'a renewal that its prorations alone do not bring below zero',
    [payment(0), renewal(-3_000, -500)],
    { severity: 'HIGH' },
  ],
  ['a doubled credit in the first period', [...firstPeriod, credit(-5800)], { severity: 'MEDIUM' }],
  ['a proration of three times the price', [payment(0), credit(-8700)], { severity: 'HIGH' }],
  [
    'a proration of three times the price after a year of payments',
    [...Array.from({ length: 12 }, (_, i) => payment(i * DAY)), credit(-8700, 12 * DAY)],
    { severity: 'HIGH' },
  ],
  [
    'a proration just over 1.02 times the price',
    [changed(MONDAY, { price: 10_000 }), credit(-10_201)],
    { severity: 'MEDIUM' },
  ],
  [
    'an update with a line that is no proration',
    [payment(0), finalized(MONDAY + 9, { invoice: 'in_1', total: -1, reason: 'subscription_update' })],
    { severity: 'MEDIUM' },
  ],
  [
    'a manual invoice twice over what was paid',
    [payment(0), { ...credit(-5801), reason: 'manual' }],
    { severity: 'HIGH' },
  ],
  [
    'a manual invoice of twice what was paid',
    [payment(0), { ...credit(-5800), reason: 'manual' }],
    { severity: 'MEDIUM' },
  ],
  [
    'a credit against a payment of more than a year ago',
    [payment(0, 50_000), payment(300 * DAY, 2900), credit(-20_000, 366 * DAY)],
    { severity: 'HIGH' },
  ],
  [
    'a credit against a payment that came only later',
    [payment(0), payment(20 * DAY, 90_000), credit(-50_000, 10 * DAY)],
    { severity: 'HIGH' },
  ],
]

describe('an invoice below zero', () => {
  test.each(quiet)('is not told of %s', (_, facts) => {
    expect(judge(facts).findings).toEqual([])
  })

  test.each(firing)('is told of %s', (_, facts, expected) => {
    const { findings } = judge(facts)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ fingerprint: 'cus_1', customer: 'cus_1', confidence: 1, ...expected })
    expect(findings[0]?.subjects).toContainEqual({ type: 'invoice', id: 'in_1' })
    expect(findings[0]?.subjects).toContainEqual({ type: 'customer', id: 'cus_1' })
  })

  test('keeps to the tolerance that the tenant set', () => {
    const facts = [changed(MONDAY, { price: 10_000 }), credit(-15_000)]
    expect(judge(facts, { tolerance: 0.5 }).findings).toEqual([])
    expect(judge(facts, { tolerance: 0.4 }).findings).toHaveLength(1)
    expect(
      judge([changed(MONDAY, { price: 10_000 }), credit(-10_001)], { tolerance: 0 }).findings,
    ).toHaveLength(1)
  })

  test('says in words and numbers what is owed and where to look', () => {
    const [finding] = judge([payment(0), credit(-8700)]).findings
    expect(finding?.message).toContain('Invoice in_1 of customer cus_1 came out at -$87.00')
    expect(finding?.message).toContain('at most $29.00')
    expect(finding?.advice).toContain('in_1 and sub_1')
    expect(finding?.evidence[0]).toEqual({
      name: 'credit',
      observed: 8700,
      expected: 2900,
      threshold: 2958,
      unit: 'MONEY',
      currency: 'usd',
    })
  })

  test('begins with the invoice and ends after a day; a second one within it is the same incident', () => {
    const manual = (n: number, after: number) =>
      finalized(MONDAY + after, { invoice: `in_${n}`, total: -1500, reason: 'manual' })
    const facts = [manual(1, 0), manual(2, HOUR), manual(3, 5 * DAY)]
    const episodes = judge(facts).until(MONDAY + 7 * DAY).incidents
    expect(episodes).toMatchObject([
      { startedAt: MONDAY, endedAt: MONDAY + HOUR + DAY, occurrences: 2 },
      { startedAt: MONDAY + 5 * DAY, endedAt: MONDAY + 6 * DAY, occurrences: 1 },
    ])
    expect(episodes[0]?.impact).toEqual({ amount: 3000, currency: 'usd' })
    expect(episodes[1]?.impact).toEqual({ amount: 1500, currency: 'usd' })
  })
})

describe('a proration with nothing to compare it with', () => {
  const before = changed(MONDAY + 10 * DAY, { price: 900, before: { price: 2900 } })

  test('is judged when the change itself arrives behind its invoice', () => {
    expect(judge([credit(-8700), before]).findings).toMatchObject([{ startedAt: MONDAY + 10 * DAY }])
    expect(judge([credit(-1450), before]).findings).toEqual([])
  })

  test('is not judged by what happened after it', () => {
    expect(judge([credit(-8700), { ...before, at: MONDAY + 10 * DAY + 1 }]).findings).toEqual([])
    expect(judge([credit(-8700), payment(10 * DAY + MINUTE), before]).findings).toHaveLength(1)
  })

  test('is let go of after the 15 minutes in which facts may come in any order', () => {
    expect(judge([credit(-8700), payment(10 * DAY + HOUR), before]).findings).toEqual([])
  })
})

describe('what must always hold', () => {
  test('the order within 15 minutes changes no incident', () => {
    const after = fc.integer({ min: 0, max: 14 * MINUTE })
    const fact = fc.oneof(
      fc
        .record({ after, total: fc.constantFrom(-8700, -1450, -100) })
        .map(({ after, total }) => ({ after, total, reason: 'manual' })),
      fc
        .record({ after, total: fc.constantFrom(-90_000, -1450, 2900) })
        .map(({ after, total }) => ({ after, total, reason: 'subscription_update' })),
    )
    const streams = fc
      .array(fact, { minLength: 1, maxLength: 8 })
      .map((each) =>
        each.map(
          ({ after, total, reason }, i): Fact =>
            finalized(MONDAY + after, { invoice: `in_${i}`, total, reason, prorated: true }),
        ),
      )
      .map((facts): Fact[] => [...facts, changed(MONDAY, { price: 2900 })])
    sameInAnyOrder(streams, (facts) => {
      const { incidents, findings } = judge(facts)
      return [shapeOf(incidents), findings.length]
    })
  })

  test('a customer’s state stays small, whatever they pay in', () => {
    const facts = Array.from({ length: 400 }, (_, i): Fact[] => [
      payment(i * 60, 1000 + i, `c${i % 50}`),
      changed(MONDAY + i * 60, { price: 1000 + i, currency: `c${i % 50}` }),
      { ...credit(-5, i * 60), currency: `x${i}`, invoice: `in_${i}` },
      { ...credit(-5, i * 60), currency: `x${i}`, invoice: `in_m${i}`, reason: 'manual' },
    ]).flat()
    expect(judge(facts).size('cus_1')).toBeLessThan(5_000)
  })
})

describe('a merchant who gives rebates by invoices below zero', () => {
  const year = Array.from({ length: 200 }, (_, i) => {
    const at = MONDAY + i * 2 * DAY
    const customer = `cus_${i}`
    const rebate = i % 4 === 3
    return [
      finalized(at, { invoice: `in_${i}`, customer, total: 2_900 }),
      captured(at, { charge: `ch_${i}`, customer }),
      ...(rebate
        ? [finalized(at + HOUR, { invoice: `in_${i}_r`, customer, total: -1_500, reason: 'manual' })]
        : []),
    ]
  }).flat()

  test('is told of it ten times or so, and then it is the course', () => {
    const { findings } = judge(year)
    expect(findings.length).toBeGreaterThanOrEqual(9)
    expect(findings.length).toBeLessThan(16)
  })

  test('still hears of one that is far larger than what the customer ever paid', () => {
    const slip = finalized(MONDAY + 401 * DAY, {
      invoice: 'in_x',
      customer: 'cus_199',
      total: -290_000,
      reason: 'manual',
    })
    expect(judge([...year, slip]).findings.at(-1)).toMatchObject({ startedAt: slip.at, severity: 'HIGH' })
  })
})

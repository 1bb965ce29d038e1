import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duplicateCharge } from '../../../src/detection/detectors/duplicate-charge/detector.ts'
import type { ChargeCaptured, Refunded } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE } from '../../../src/time.ts'
import { sameInAnyOrder } from '../../support/any-order.ts'
import { drive, shapeOf } from '../../support/drive.ts'
import { captured, refunded } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

type Fact = ChargeCaptured | Refunded
const judge = (facts: readonly Fact[], settings = {}) => drive(duplicateCharge, facts, { settings })

/** Charges `ch_1`, `ch_2`… at MONDAY plus the given seconds. */
const charges = (...each: (Partial<ChargeCaptured> & { after: number })[]): ChargeCaptured[] =>
  each.map(({ after, ...fact }, i) =>
    captured(MONDAY + after, { customer: 'cus_1', charge: `ch_${i + 1}`, ...fact }),
  )

const quiet: [string, ChargeCaptured[]][] = [
  ['10 minutes and a second apart', charges({ after: 0 }, { after: 601 })],
  ['orders 1001 and 1002', charges({ after: 0, order: '1001' }, { after: 5, order: '1002' })],
  [
    'different descriptions',
    charges({ after: 0, descriptionMark: 'red' }, { after: 5, descriptionMark: 'blue' }),
  ],
  [
    'different bookings',
    charges({ after: 0, references: ['k1:a', 'k2:x'] }, { after: 5, references: ['k1:b', 'k2:x'] }),
  ],
  ['one payment intent', charges({ after: 0, intent: 'pi_1' }, { after: 5, intent: 'pi_1' })],
  ['twin subscriptions', charges({ after: 0, recurring: true }, { after: 1, recurring: true })],
  [
    'twin subscriptions with an invoice each',
    charges({ after: 0, recurring: true, invoice: 'in_1' }, { after: 1, recurring: true, invoice: 'in_2' }),
  ],
  ['2900 USD and 2900 EUR', charges({ after: 0 }, { after: 5, currency: 'eur' })],
  ['2900 and 2901', charges({ after: 0 }, { after: 5, amount: 2901 })],
  ['two payers', charges({ after: 0 }, { after: 5, customer: 'cus_2', payer: 'cus_2' })],
  ['nobody known to pay', charges({ after: 0 }, { after: 5 }).map(({ payer: _, ...charge }) => charge)],
  [
    'the same order a day and a second apart',
    charges({ after: 0, order: '7' }, { after: DAY + 1, order: '7' }),
  ],
  ['a charge of nothing, twice', charges({ after: 0, amount: 0 }, { after: 5, amount: 0 })],
  [
    'charges made 8 hours apart and captured together',
    charges({ after: 0, begun: MONDAY - 20 * HOUR }, { after: 1, begun: MONDAY - 12 * HOUR }),
  ],
  [
    'debits of three days that are paid on one morning',
    charges(
      { after: 0, begun: MONDAY - 6 * DAY },
      { after: 60, begun: MONDAY - 5 * DAY },
      { after: 120, begun: MONDAY - 4 * DAY },
    ),
  ],
  ['further captures of one charge', charges({ after: 0, charge: 'ch_1' }, { after: 5, charge: 'ch_1' })],
]

const firing: [string, ChargeCaptured[]][] = [
  ['2 seconds apart on different cards', charges({ after: 0, card: 'a' }, { after: 2, card: 'b' })],
  ['9 minutes apart', charges({ after: 0 }, { after: 9 * MINUTE })],
  ['10 minutes apart to the second', charges({ after: 0 }, { after: 600 })],
  ['the same order 20 hours apart', charges({ after: 0, order: '7' }, { after: 20 * HOUR, order: '7' })],
  ['the same order a day apart', charges({ after: 0, order: '7' }, { after: DAY, order: '7' })],
  [
    'two made 2 seconds apart and captured 9 hours apart',
    charges({ after: 0, begun: MONDAY - 20 * HOUR }, { after: 9 * HOUR, begun: MONDAY - 20 * HOUR + 2 }),
  ],
  ['only one of them names its order', charges({ after: 0, order: '7' }, { after: 5 })],
  [
    'one order, with another reference for each try',
    charges({ after: 0, order: '7', references: ['k1:a'] }, { after: 5, order: '7', references: ['k1:b'] }),
  ],
  ['the same booking', charges({ after: 0, references: ['k1:a'] }, { after: 5, references: ['k1:a'] })],
  [
    'references of different names',
    charges({ after: 0, references: ['k1:a'] }, { after: 5, references: ['k2:b'] }),
  ],
  ['only one of them is described', charges({ after: 0, descriptionMark: 'red' }, { after: 5 })],
  ['different intents', charges({ after: 0, intent: 'pi_1' }, { after: 5, intent: 'pi_2' })],
  ['a renewal and a purchase', charges({ after: 0, recurring: true }, { after: 5 })],
  [
    'one invoice collected twice',
    charges({ after: 0, recurring: true, invoice: 'in_1' }, { after: 5, recurring: true, invoice: 'in_1' }),
  ],
]

describe('a duplicate charge', () => {
  test.each(quiet)('is not seen in %s', (_, facts) => {
    expect(judge(facts).findings).toEqual([])
    expect(judge([...facts].reverse()).findings).toEqual([])
  })

  test.each(firing)('is seen in %s, whichever arrives first', (_, facts) => {
    for (const order of [facts, [...facts].reverse()]) {
      const [finding, ...more] = judge(order).findings
      expect(more).toEqual([])
      expect(finding).toMatchObject({
        fingerprint: 'cus_1|usd|2900',
        severity: 'MEDIUM',
        confidence: 1,
        startedAt: MONDAY,
        signs: 2,
        customer: 'cus_1',
        impact: { amount: 2900, currency: 'usd' },
      })
      expect(finding?.subjects).toEqual([
        { type: 'charge', id: 'ch_1' },
        { type: 'charge', id: 'ch_2' },
        { type: 'customer', id: 'cus_1' },
      ])
      expect(finding?.events).toEqual(['evt_ch_1', 'evt_ch_2'])
    }
  })

  test('says when the charges were made, which may be long before they were captured', () => {
    const made = MONDAY - 20 * HOUR
    const [finding] = judge(charges({ after: 0, begun: made + 2 }, { after: 9 * HOUR, begun: made })).findings
    expect(finding?.message).toContain('twice within 2 seconds')
    expect(finding?.advice).toContain('Look at ch_2')
    expect(finding).toMatchObject({ startedAt: MONDAY })
    expect(finding?.evidence).toContainEqual(
      expect.objectContaining({ name: 'time between them', observed: 2 }),
    )
  })

  test('keeps to the window that the tenant set', () => {
    const facts = charges({ after: 0 }, { after: HOUR })
    expect(judge(facts, { window: HOUR }).findings).toHaveLength(1)
    expect(judge(facts, { window: HOUR - 1 }).findings).toEqual([])
  })

  test('is found for a guest by the card', () => {
    const guests = charges({ after: 0, payer: 'card_x' }, { after: 2, payer: 'card_x' }).map(
      ({ customer: _, ...charge }) => charge,
    )
    const [finding] = judge(guests).findings
    expect(finding?.fingerprint).toBe('card_x|usd|2900')
    expect(finding?.customer).toBeUndefined()
  })

  test('says in words and numbers what was taken and what to refund', () => {
    const [finding] = judge(charges({ after: 0, order: 'A-7' }, { after: 90, order: 'A-7' })).findings
    expect(finding?.message).toContain('cus_1 was charged')
    expect(finding?.message).toContain('1 minute 30 seconds')
    expect(finding?.message).toContain('order A-7')
    expect(finding?.advice).toContain('refund ch_2')
    expect(finding?.evidence).toEqual([
      { name: 'payments for one purchase', observed: 2, expected: 1, threshold: 2, unit: 'COUNT' },
      { name: 'time between them', observed: 90, threshold: DAY, unit: 'SECONDS' },
      { name: 'charged wrongly', observed: 2900, expected: 0, unit: 'MONEY', currency: 'usd' },
    ])
  })

  test('of ten charges in 3 minutes is one incident, and a serious one', () => {
    const ten = charges(...Array.from({ length: 10 }, (_, i) => ({ after: i * 20 })))
    const [episode, ...more] = judge(ten).incidents
    expect(more).toEqual([])
    expect(episode).toMatchObject({ severity: 'HIGH', occurrences: 10, startedAt: MONDAY })
    expect(episode?.impact).toEqual({ amount: 9 * 2900, currency: 'usd' })
    expect(episode?.grouping.events).toBe(10)
  })

  test('of three charges is HIGH', () => {
    expect(
      judge(charges({ after: 0 }, { after: 5 }, { after: 10 })).findings.map(({ severity }) => severity),
    ).toEqual(['MEDIUM', 'HIGH'])
  })

  test('next month is another incident', () => {
    const facts = charges({ after: 0 }, { after: 5 }, { after: 30 * DAY }, { after: 30 * DAY + 5 })
    expect(judge(facts).incidents).toMatchObject([
      { startedAt: MONDAY, endedAt: MONDAY + 5 + 600 },
      { startedAt: MONDAY + 30 * DAY },
    ])
  })
})

describe('its end', () => {
  test('comes a window after the last sign', () => {
    const [episode] = judge(charges({ after: 0 }, { after: 60 })).until(MONDAY + HOUR).incidents
    expect(episode?.endedAt).toBe(MONDAY + 60 + 600)
  })

  test('comes at once when the surplus is refunded, in whatever order that is told', () => {
    const pair = charges({ after: 0 }, { after: 5 })
    const back = refunded(MONDAY + 60, { customer: 'cus_1', charge: 'ch_2' })
    for (const facts of [
      [...pair, back],
      [back, ...pair],
      [...pair.slice(0, 1), back, ...pair.slice(1)],
    ]) {
      const [episode] = judge(facts).incidents
      expect(episode?.endedAt).toBe(MONDAY + 60)
    }
  })

  test('does not come with a part of the surplus, but with the rest of it', () => {
    const part = (amount: number, after: number) =>
      refunded(MONDAY + after, { customer: 'cus_1', charge: 'ch_1', amount })
    const driven = judge([...charges({ after: 0 }, { after: 5 }), part(2899, 60)])
    expect(driven.endings).toEqual([])
    expect(driven.feed(part(1, 70)).endings).toMatchObject([
      { fingerprint: 'cus_1|usd|2900', at: MONDAY + 70 },
    ])
  })

  test('does not come while two of three are kept', () => {
    const three = charges({ after: 0 }, { after: 5 }, { after: 10 })
    const driven = judge([...three, refunded(MONDAY + 60, { customer: 'cus_1', charge: 'ch_3' })])
    expect(driven.endings).toEqual([])
    expect(driven.feed(refunded(MONDAY + 61, { customer: 'cus_1', charge: 'ch_2' })).endings).toHaveLength(1)
  })

  test('does not come when the refund failed after all', () => {
    const pair = charges({ after: 0 }, { after: 300 })
    const back = [
      refunded(MONDAY + 60, { customer: 'cus_1', charge: 'ch_1' }),
      refunded(MONDAY + 90, { customer: 'cus_1', charge: 'ch_1', amount: -2900 }),
    ]
    expect(judge([...back, ...pair]).endings).toEqual([])
  })

  test('of a later pair does not come with the refund of an earlier one', () => {
    const four = charges({ after: 0 }, { after: 5 }, { after: HOUR }, { after: HOUR + 5 })
    expect(
      judge([...four, refunded(MONDAY + HOUR + 60, { customer: 'cus_1', charge: 'ch_2' })]).endings,
    ).toEqual([])
  })

  test('finds a guest’s charges by whose payment was refunded', () => {
    const guests = charges({ after: 0, payer: 'card_x' }, { after: 2, payer: 'card_x' }).map(
      ({ customer: _, ...charge }) => charge,
    )
    const { customer: _, ...back } = refunded(MONDAY + 9, {
      customer: 'cus_1',
      charge: 'ch_2',
      payer: 'card_x',
    })
    expect(judge([...guests, back]).endings).toHaveLength(1)
  })
})

describe('what must always hold', () => {
  const purchase = fc.record({
    after: fc.integer({ min: 0, max: 14 * MINUTE }),
    amount: fc.constantFrom(2900, 4900),
    order: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
    isRefunded: fc.boolean(),
  })

  test('the order within 15 minutes changes no incident', () => {
    const streams = fc
      .array(purchase, { minLength: 2, maxLength: 14 })
      .map((purchases) =>
        purchases.flatMap(({ after, amount, order, isRefunded }, i): Fact[] => [
          captured(MONDAY + after, { customer: 'cus_1', charge: `ch_${i}`, amount, ...(order && { order }) }),
          ...(isRefunded
            ? [refunded(MONDAY + after + 30, { customer: 'cus_1', charge: `ch_${i}`, amount })]
            : []),
        ]),
      )
    sameInAnyOrder(streams, (facts) => shapeOf(judge(facts).incidents))
  })

  test('a payer’s state stays small, however much they buy', () => {
    const many = Array.from({ length: 600 }, (_, i) =>
      captured(MONDAY + i * 2, {
        customer: 'cus_1',
        charge: `ch_${i}`,
        amount: 100 + i,
        descriptionMark: '1abcdef',
        references: Array.from({ length: 8 }, (_, n) => `1abcde${n}:${i}`),
      }),
    )
    const refunds = many.map(({ charge, at }) => refunded(at + 1, { customer: 'cus_1', charge, amount: 1 }))
    const driven = judge([...many, ...refunds])
    expect(driven.findings).toEqual([])
    expect(driven.size('cus_1')).toBeLessThan(25_000)
  })
})

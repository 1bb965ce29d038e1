import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { currencyMismatch } from '../../../src/detection/detectors/currency-mismatch.ts'
import type { ChargeCaptured } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE } from '../../../src/time.ts'
import { sameInAnyOrder } from '../../support/any-order.ts'
import { drive, shapeOf } from '../../support/drive.ts'
import { captured } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

const judge = (facts: readonly ChargeCaptured[], settings = {}) =>
  drive(currencyMismatch, facts, { settings })

type Given = Partial<ChargeCaptured> | string
/** One charge a day, of 2900 on card `a` from the US; a string is its currency. */
const daily = (...each: Given[]): ChargeCaptured[] =>
  each.map((given, i) =>
    captured(MONDAY + i * DAY, {
      customer: 'cus_1',
      charge: `ch_${i + 1}`,
      card: 'a',
      cardCountry: 'US',
      ...(typeof given === 'string' ? { currency: given } : given),
    }),
  )
const local = (currency: string, card: string, cardCountry: string) => ({ currency, card, cardCountry })

const quiet: [string, ChargeCaptured[]][] = [
  ['one currency', daily('usd', 'usd', 'usd', 'usd')],
  ['two payments, then another currency', daily('usd', 'usd', 'eur', 'usd', 'eur')],
  ['a habitual mixer', daily('usd', 'eur', 'usd', 'usd', 'usd', 'usd', 'eur')],
  [
    'a mover with a card of the new country',
    daily('usd', 'usd', 'usd', local('eur', 'b', 'DE'), local('eur', 'b', 'DE')),
  ],
  ['a charge of nothing', daily('usd', 'usd', 'usd', { currency: 'eur', amount: 0 })],
  [
    'nobody known to be the customer',
    daily('usd', 'usd', 'usd', 'eur').map(({ customer: _, ...charge }) => charge),
  ],
]

const firing: [string, ChargeCaptured[], object][] = [
  [
    '3 in USD, then 0.92 times that in EUR on the same card',
    daily('usd', 'usd', 'usd', { currency: 'eur', amount: 2668 }),
    { severity: 'MEDIUM', impact: { amount: 2668, currency: 'eur' } },
  ],
  [
    '2900 USD five times, then 2900 JPY',
    daily('usd', 'usd', 'usd', 'usd', 'usd', 'jpy'),
    { severity: 'HIGH', impact: { amount: 2900, currency: 'jpy' } },
  ],
  [
    'the same price in whole units',
    daily('jpy', 'jpy', 'jpy', { currency: 'usd', amount: 290_000 }),
    { severity: 'HIGH' },
  ],
  ['a new card of another country', daily('usd', 'usd', 'usd', local('eur', 'b', 'GB')), {}],
  ['a new card of no known country', daily('usd', 'usd', 'usd', { currency: 'eur', card: 'b' }), {}],
  [
    'a known card of the new country',
    daily(local('usd', 'b', 'DE'), 'usd', 'usd', local('eur', 'b', 'DE')),
    {},
  ],
  [
    'a mover who is charged in the old currency later',
    daily('usd', 'usd', 'usd', ...Array.from({ length: 3 }, () => local('eur', 'b', 'DE')), 'usd'),
    { impact: { amount: 2900, currency: 'usd' } },
  ],
]

describe('a charge in a currency that is not the customer’s', () => {
  test.each(quiet)('is not seen in %s', (_, facts) => {
    expect(judge(facts).findings).toEqual([])
  })

  test.each(firing)('is seen in %s', (_, facts, expected) => {
    const last = facts.at(-1)
    const { findings } = judge(facts)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      fingerprint: 'cus_1',
      customer: 'cus_1',
      confidence: 1,
      startedAt: last?.at,
      subjects: [
        { type: 'charge', id: last?.charge },
        { type: 'customer', id: 'cus_1' },
      ],
      ...expected,
    })
  })

  test('is HIGH where only the currency changed: the same number of minor units, or the same number as read', () => {
    const severity = (home: string, before: number, currency: string, amount: number) =>
      judge(
        daily(...Array.from({ length: 3 }, () => ({ currency: home, amount: before })), { currency, amount }),
      ).findings[0]?.severity
    expect(severity('usd', 2900, 'jpy', 2900)).toBe('HIGH')
    expect(severity('usd', 2900, 'eur', 2900)).toBe('HIGH')
    expect(severity('usd', 2900, 'jpy', 29)).toBe('HIGH')
    expect(severity('usd', 2900, 'kwd', 29_000)).toBe('HIGH')
    expect(severity('usd', 2900, 'jpy', 4300)).toBe('MEDIUM')
  })

  test('needs as many payments before as the tenant set', () => {
    expect(judge(daily('usd', 'eur'), { history: 1 }).findings).toHaveLength(1)
    expect(judge(daily('usd', 'usd', 'usd', 'eur'), { history: 4 }).findings).toEqual([])
    expect(judge(daily('usd', 'usd', 'usd', 'usd', 'eur'), { history: 4 }).findings).toHaveLength(1)
  })

  test('becomes theirs with the third in a row', () => {
    const facts = daily('usd', 'usd', 'usd', 'eur', 'eur', 'eur', 'eur', 'eur', 'usd')
    expect(judge(facts).findings.map(({ startedAt }) => (startedAt - MONDAY) / DAY)).toEqual([3, 4, 8])
  })

  test('does not become theirs while they go back in between', () => {
    const facts = daily('usd', 'usd', 'usd', 'eur', 'eur', 'usd', 'eur')
    expect(judge(facts).findings).toHaveLength(3)
  })

  test('says what was expected and what to do', () => {
    const [finding] = judge(daily('usd', 'usd', 'usd', { currency: 'eur', amount: 2668 })).findings
    expect(finding?.title).toBe('Charged in EUR instead of USD: €26.68')
    expect(finding?.message).toContain('after 3 payments in USD, the last of $29.00')
    expect(finding?.advice).toContain('refund ch_4')
    expect(finding?.evidence).toEqual([
      { name: 'payments in USD before', observed: 3, threshold: 3, unit: 'COUNT' },
      { name: 'charge in EUR', observed: 2668, unit: 'MONEY', currency: 'eur' },
      { name: 'last charge in USD', observed: 2900, unit: 'MONEY', currency: 'usd' },
    ])
  })

  test('ends after a day', () => {
    const [episode] = judge(daily('usd', 'usd', 'usd', 'eur')).until(MONDAY + 9 * DAY).incidents
    expect(episode?.endedAt).toBe(MONDAY + 4 * DAY)
  })

  test('is found in a straggler, which changes nothing that was learned since', () => {
    const facts = daily('usd', 'usd', 'usd', 'usd', 'usd', 'usd')
    const straggler = captured(MONDAY + 4 * DAY + 60, { customer: 'cus_1', charge: 'ch_x', currency: 'eur' })
    const driven = judge([...facts, straggler])
    expect(driven.findings).toMatchObject([{ startedAt: straggler.at }])
    expect(
      driven.feed(captured(MONDAY + 7 * DAY, { customer: 'cus_1', charge: 'ch_y', currency: 'eur' }))
        .findings,
    ).toHaveLength(2)
  })
})

describe('what must always hold', () => {
  test('payments of 15 minutes make the same history in any order', () => {
    const payment = fc.record({
      after: fc.integer({ min: 0, max: 14 * MINUTE }),
      currency: fc.constantFrom('usd', 'eur'),
    })
    const streams = fc
      .uniqueArray(payment, { minLength: 1, maxLength: 8, selector: ({ after }) => after })
      .map((payments) =>
        payments.map(({ after, currency }, i) =>
          captured(MONDAY + 30 * DAY + after, { customer: 'cus_1', charge: `ch_${i}`, currency }),
        ),
      )
    const later = daily(...Array.from({ length: 40 }, () => 'gbp')).slice(32)
    for (const before of [daily('usd', 'usd', 'usd'), []])
      sameInAnyOrder(
        streams,
        (facts) => {
          const driven = judge([...before, ...facts])
          const atOnce = driven.operations.length
          const shapes = shapeOf(driven.feed(later).incidents)
          const isOne = before.length > 0 && facts.filter(({ currency }) => currency === 'eur').length === 1
          // What was learned of the 15 minutes is the same, so all that follows is.
          return [shapes.slice(isOne ? 0 : 1), driven.operations.slice(atOnce)]
        },
        75,
      )
  })

  test('a customer’s state stays small', () => {
    const facts = Array.from({ length: 500 }, (_, i) =>
      captured(MONDAY + i, {
        customer: 'cus_1',
        charge: `ch_${i}`,
        card: `card_${i}`,
        currency: i % 5 < 4 ? 'usd' : 'eur',
      }),
    )
    expect(judge(facts).size('cus_1')).toBeLessThan(3_000)
  })
})

describe('a shop whose customers often choose another currency', () => {
  const customers = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const customer = `cus_${first + i}`
      const at = MONDAY + (first + i) * DAY
      const pay = (n: number, fact: object) =>
        captured(at + n * HOUR, {
          charge: `ch_${customer}_${n}`,
          customer,
          card: `card_${customer}`,
          ...fact,
        })
      return [pay(0, {}), pay(1, {}), pay(2, {}), pay(3, { amount: 2_650, currency: 'eur' })]
    }).flat()

  test('hears of it ten times or so', () => {
    const { findings } = judge([...customers(0, 60)])
    expect(findings.length).toBeGreaterThanOrEqual(9)
    expect(findings.length).toBeLessThan(14)
  })

  test('still hears of the same number in another currency', () => {
    const same = customers(60, 1).map((fact, i) => (i === 3 ? { ...fact, amount: 2_900 } : fact))
    const { findings } = judge([...customers(0, 60), ...same])
    expect(findings.at(-1)).toMatchObject({ fingerprint: 'cus_60', severity: 'HIGH' })
  })
})

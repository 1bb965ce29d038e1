import { describe, expect, test } from 'vitest'
import { duplicateCharge } from '../../../src/detection/detectors/duplicate-charge/detector.ts'
import type { ChargeCaptured, Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, drive } from '../../support/drive.ts'
import { captured, changed } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'

let made = 0

/** Payments of one payer, one after the other. */
const bought = (
  at: Seconds,
  { gaps = [], ...fact }: Partial<ChargeCaptured> & { gaps?: readonly Seconds[] } = {},
): ChargeCaptured[] => {
  made += 1
  const payer = fact.payer ?? `payer_${made}`
  let time = at
  return [0, ...gaps].map((gap) => {
    time += gap
    made += 1
    const { customer: _, ...guest } = captured(time, {
      customer: 'cus_1',
      charge: `ch_${made}`,
      ...fact,
      payer,
    })
    return guest
  })
}

const byTime = (a: ChargeCaptured, b: ChargeCaptured): number => a.at - b.at

/** Days of 40 payments, at each day's `repeats` of them once more after `gap`. */
function trade(
  from: Seconds,
  days: number,
  repeats: number,
  { gap = 6 * MINUTE, ...fact }: Partial<ChargeCaptured> & { gap?: Seconds } = {},
): ChargeCaptured[] {
  return Array.from({ length: days }, (_, day) =>
    Array.from({ length: 40 }, (_, i) =>
      bought(from + day * DAY + 8 * HOUR + i * 15 * MINUTE, {
        ...fact,
        gaps: i % 8 === 3 && i / 8 < repeats ? [gap] : [],
      }),
    ).flat(),
  )
    .flat()
    .sort(byTime)
}

const till = { method: 'card_present', amount: 250, currency: 'eur' } as const
const judge = (facts: readonly Fact[], options: DriveOptions = {}) =>
  drive(duplicateCharge, facts, { batch: 100, ...options })
/** How many repeats: each begins with the two payments that it is seen in. */
const reported = (facts: readonly Fact[]): number =>
  judge(facts).findings.filter(({ signs }) => signs > 1).length

describe('repeats that are usual with the tenant', () => {
  test.each([
    ['the second coffee, at a till', trade(MONDAY, 10, 5, till)],
    [
      'the second coffee at two prices',
      [...trade(MONDAY, 10, 3, till), ...trade(MONDAY + MINUTE, 10, 3, { ...till, amount: 300 })].sort(
        byTime,
      ),
    ],
    ['a second round after a minute', trade(MONDAY, 10, 2, { ...till, gap: MINUTE })],
    [
      'top-ups of one customer',
      Array.from({ length: 20 }, (_, day) =>
        bought(MONDAY + day * DAY, { payer: 'cus_agent', gaps: [200, 200] }),
      ).flat(),
    ],
    ['top-ups on the first day of a tenant who sells them', trade(MONDAY, 2, 5, { amount: 1_000, gap: 200 })],
    [
      'a third cup now and then',
      trade(MONDAY, 10, 5, till)
        .concat(
          Array.from({ length: 8 }, (_, day) =>
            bought(MONDAY + (day + 1) * DAY, { ...till, gaps: [300, 400] }),
          ).flat(),
        )
        .sort(byTime),
    ],
    ['top-ups of many customers, one each day', trade(MONDAY, 14, 1, { amount: 1_000, gap: 200 })],
  ])('are reported three times at most: %s', (_, facts) => {
    expect(reported(facts)).toBeGreaterThan(0)
    expect(reported(facts)).toBeLessThanOrEqual(3)
  })

  test('excuse no loop that goes far beyond them', () => {
    const habit = trade(MONDAY, 10, 5, till)
    const loop = bought(MONDAY + 10 * DAY, { ...till, gaps: [8, 8, 8, 8, 8] })
    const slowLoop = bought(MONDAY + 10 * DAY, { ...till, gaps: [300, 300, 300, 300, 300] })
    for (const more of [loop, slowLoop]) {
      const found = judge([...habit, ...more]).findings.at(-1)
      expect(found?.startedAt).toBe(MONDAY + 10 * DAY)
      expect(found?.subjects).toHaveLength(6)
    }
  })

  test('excuse no day on which every other payment is made twice', () => {
    const habit = trade(MONDAY, 20, 2, till)
    const day = Array.from({ length: 40 }, (_, i) =>
      bought(MONDAY + 20 * DAY + 8 * HOUR + i * 15 * MINUTE, { ...till, gaps: i % 2 === 0 ? [60] : [] }),
    ).flat()
    expect(reported([...habit, ...day]) - reported(habit)).toBeGreaterThan(5)
  })

  test('excuse nothing that is bought beside them and never repeated', () => {
    const topUps = trade(MONDAY, 20, 5, { amount: 1_000, gap: 200 })
    const licences = trade(MONDAY + HOUR, 20, 0, { amount: 4_900 })
    const both = [...topUps, ...licences].sort(byTime)
    const twice = bought(MONDAY + 20 * DAY, { amount: 4_900, gaps: [200] })
    expect(reported([...both, ...twice]) - reported(both)).toBe(1)
  })

  test('are no more so when they have ended', () => {
    const habit = trade(MONDAY, 10, 2, till)
    const without = trade(MONDAY + 10 * DAY, 180, 0, till)
    const again = bought(MONDAY + 190 * DAY, { ...till, gaps: [6 * MINUTE] })
    expect(reported([...habit, ...without, ...again]) - reported([...habit, ...without])).toBe(1)
  })
})

test('repeats that a person has called no fault are usual sooner', () => {
  const facts = trade(MONDAY, 3, 1, { amount: 4_900, gap: 200 })
  const first = judge(facts).findings[0]
  const feedback = [
    {
      at: MONDAY + 20 * HOUR,
      fingerprint: first?.fingerprint ?? '',
      startedAt: MONDAY,
      lastSeenAt: MONDAY,
      customer: null,
    },
  ]
  expect(reported(facts)).toBe(3)
  expect(judge(facts, { feedback }).incidents).toHaveLength(1)
})

describe('a fault of the checkout', () => {
  test('is no habit within its first day, however many it hits', () => {
    const usual = trade(MONDAY, 10, 0, { amount: 4_900 })
    const fault = Array.from({ length: 25 }, (_, i) =>
      bought(MONDAY + 10 * DAY + i * 10 * MINUTE, { amount: 4_900, gaps: [i % 2 === 0 ? 3 : 90] }),
    ).flat()
    expect(reported([...usual, ...fault])).toBe(25)
  })

  test('that charges within seconds is reported for days', () => {
    const fault = trade(MONDAY, 3, 3, { amount: 4_900, gap: 4 })
    expect(reported(fault)).toBe(9)
  })
})

describe('a double click that makes several subscriptions', () => {
  const begun = (id: string, at: Seconds, price = 2_900) =>
    changed(at, {
      subscription: id,
      customer: 'cus_1',
      created: at,
      isNew: true,
      status: 'active',
      price,
    })
  const paid = (id: string, at: Seconds, amount = 2_900) =>
    captured(at, { customer: 'cus_1', charge: id, amount, recurring: true })

  test('is reported with the subscriptions, whichever event comes first', () => {
    const facts = [
      begun('sub_1', MONDAY),
      paid('ch_1', MONDAY + 1),
      begun('sub_2', MONDAY + 14),
      paid('ch_2', MONDAY + 15),
    ]
    for (const order of [facts, [...facts].reverse()]) {
      const [finding, ...more] = judge(order).findings
      expect(more).toEqual([])
      expect(finding?.subjects).toContainEqual({ type: 'subscription', id: 'sub_2' })
      expect(finding?.advice).toContain('cancel the others')
    }
  })

  test.each([
    ['made two minutes apart', [begun('sub_1', MONDAY), begun('sub_2', MONDAY + 121)], 120],
    ['of different prices', [begun('sub_1', MONDAY), begun('sub_2', MONDAY + 5, 3_900)], 5],
    [
      'made days before, renewed together',
      [begun('sub_1', MONDAY - 5 * DAY), begun('sub_2', MONDAY - 2 * DAY)],
      5,
    ],
  ])('is not seen in subscriptions %s', (_, subscriptions, apart) => {
    expect(
      judge([...subscriptions, paid('ch_1', MONDAY + 1), paid('ch_2', MONDAY + 1 + apart)]).findings,
    ).toEqual([])
  })
})

test('what is remembered of the whole tenant stays small, however many prices it has', () => {
  const driven = judge(
    Array.from({ length: 500 }, (_, i) =>
      bought(MONDAY + i * MINUTE, { amount: 100 + i, gaps: [20] }),
    ).flat(),
  )
  expect(driven.size('')).toBeLessThan(20_000)
})

import { describe, expect, test } from 'vitest'
import { duplicateCharge } from '../../../src/detection/detectors/duplicate-charge/detector.ts'
import type { ChargeCaptured } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { Drive } from '../../support/drive-object.ts'
import { captured, changed, T0 } from '../../support/object-facts.ts'

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
    const { customer: _, ...guest } = captured({ charge: `ch_${made}`, at: time, ...fact, payer })
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
const drive = () => new Drive(duplicateCharge)
const reported = (facts: readonly ChargeCaptured[]): number =>
  drive()
    .feed(...facts)
    .episodes().length

describe('repeats that are usual with the tenant', () => {
  test.each([
    ['the second coffee, at a till', trade(T0, 10, 5, till)],
    [
      'the second coffee at two prices',
      [...trade(T0, 10, 3, till), ...trade(T0 + MINUTE, 10, 3, { ...till, amount: 300 })].sort(byTime),
    ],
    ['a second round after a minute', trade(T0, 10, 2, { ...till, gap: MINUTE })],
    [
      'top-ups of one customer',
      Array.from({ length: 20 }, (_, day) =>
        bought(T0 + day * DAY, { payer: 'cus_agent', gaps: [200, 200] }),
      ).flat(),
    ],
    ['top-ups on the first day of a tenant who sells them', trade(T0, 2, 5, { amount: 1_000, gap: 200 })],
    [
      'a third cup now and then',
      trade(T0, 10, 5, till)
        .concat(
          Array.from({ length: 8 }, (_, day) =>
            bought(T0 + (day + 1) * DAY, { ...till, gaps: [300, 400] }),
          ).flat(),
        )
        .sort(byTime),
    ],
    ['top-ups of many customers, one each day', trade(T0, 14, 1, { amount: 1_000, gap: 200 })],
  ])('are reported three times at most: %s', (_, facts) => {
    expect(reported(facts)).toBeGreaterThan(0)
    expect(reported(facts)).toBeLessThanOrEqual(3)
  })

  test('excuse no loop that goes far beyond them', () => {
    const habit = trade(T0, 10, 5, till)
    const loop = bought(T0 + 10 * DAY, { ...till, gaps: [8, 8, 8, 8, 8] })
    const slowLoop = bought(T0 + 10 * DAY, { ...till, gaps: [300, 300, 300, 300, 300] })
    for (const more of [loop, slowLoop]) {
      const found = drive()
        .feed(...habit, ...more)
        .findings.at(-1)
      expect(found?.startedAt).toBe(T0 + 10 * DAY)
      expect(found?.subjects).toHaveLength(6)
    }
  })

  test('excuse no day on which every other payment is made twice', () => {
    const habit = trade(T0, 20, 2, till)
    const day = Array.from({ length: 40 }, (_, i) =>
      bought(T0 + 20 * DAY + 8 * HOUR + i * 15 * MINUTE, { ...till, gaps: i % 2 === 0 ? [60] : [] }),
    ).flat()
    expect(reported([...habit, ...day]) - reported(habit)).toBeGreaterThan(5)
  })

  test('excuse nothing that is bought beside them and never repeated', () => {
    const topUps = trade(T0, 20, 5, { amount: 1_000, gap: 200 })
    const licences = trade(T0 + HOUR, 20, 0, { amount: 4_900 })
    const both = [...topUps, ...licences].sort(byTime)
    const twice = bought(T0 + 20 * DAY, { amount: 4_900, gaps: [200] })
    expect(reported([...both, ...twice]) - reported(both)).toBe(1)
  })

  test('are no more so when they have ended', () => {
    const habit = trade(T0, 10, 2, till)
    const without = trade(T0 + 10 * DAY, 180, 0, till)
    const again = bought(T0 + 190 * DAY, { ...till, gaps: [6 * MINUTE] })
    expect(reported([...habit, ...without, ...again]) - reported([...habit, ...without])).toBe(1)
  })
})

test('repeats that a person has called no fault are usual sooner', () => {
  const facts = trade(T0, 3, 1, { amount: 4_900, gap: 200 })
  const first = new Drive(duplicateCharge).feed(...facts).findings[0]
  const feedback = [
    {
      at: T0 + 20 * HOUR,
      fingerprint: first?.fingerprint ?? '',
      startedAt: T0,
      lastSeenAt: T0,
      customer: null,
    },
  ]
  expect(reported(facts)).toBe(3)
  expect(new Drive(duplicateCharge, { feedback }).feed(...facts).episodes()).toHaveLength(1)
})

describe('a fault of the checkout', () => {
  test('is no habit within its first day, however many it hits', () => {
    const usual = trade(T0, 10, 0, { amount: 4_900 })
    const fault = Array.from({ length: 25 }, (_, i) =>
      bought(T0 + 10 * DAY + i * 10 * MINUTE, { amount: 4_900, gaps: [i % 2 === 0 ? 3 : 90] }),
    ).flat()
    expect(reported([...usual, ...fault])).toBe(25)
  })

  test('that charges within seconds is reported for days', () => {
    const fault = trade(T0, 3, 3, { amount: 4_900, gap: 4 })
    expect(reported(fault)).toBe(9)
  })
})

describe('a double click that makes several subscriptions', () => {
  const begun = (id: string, at: Seconds, price = 2_900) =>
    changed({
      subscription: id,
      customer: 'cus_1',
      at,
      created: at,
      isNew: true,
      status: 'active',
      price,
    })
  const paid = (id: string, at: Seconds, amount = 2_900) =>
    captured({ charge: id, at, amount, recurring: true })

  test('is reported with the subscriptions, whichever event comes first', () => {
    const facts = [begun('sub_1', T0), paid('ch_1', T0 + 1), begun('sub_2', T0 + 14), paid('ch_2', T0 + 15)]
    for (const order of [facts, [...facts].reverse()]) {
      const [finding, ...more] = drive().feed(...order).findings
      expect(more).toEqual([])
      expect(finding?.subjects).toContainEqual({ type: 'subscription', id: 'sub_2' })
      expect(finding?.advice).toContain('cancel the others')
    }
  })

  test.each([
    ['made two minutes apart', [begun('sub_1', T0), begun('sub_2', T0 + 121)], 120],
    ['of different prices', [begun('sub_1', T0), begun('sub_2', T0 + 5, 3_900)], 5],
    ['made days before, renewed together', [begun('sub_1', T0 - 5 * DAY), begun('sub_2', T0 - 2 * DAY)], 5],
  ])('is not seen in subscriptions %s', (_, subscriptions, apart) => {
    expect(
      drive().feed(...subscriptions, paid('ch_1', T0 + 1), paid('ch_2', T0 + 1 + apart)).findings,
    ).toEqual([])
  })
})

test('what is remembered of the whole tenant stays small, however many prices it has', () => {
  const driven = drive().feed(
    ...Array.from({ length: 500 }, (_, i) => bought(T0 + i * MINUTE, { amount: 100 + i, gaps: [20] })).flat(),
  )
  expect(driven.sharedSize).toBeLessThan(20_000)
})

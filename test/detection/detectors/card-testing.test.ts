import { describe, expect, it } from 'vitest'
import { cardTesting } from '../../../src/detection/detectors/card-testing/detector.ts'
import type { ChargeFailed, Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { failed, setupFailed, succeeded } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

const NOW: Seconds = MONDAY + 21 * DAY + 12 * HOUR
const REASONS = ['do_not_honor', 'insufficient_funds', 'insufficient_funds', 'incorrect_cvc', 'expired_card']

/** A shop's payments: amounts of 10 to 100, one in 15 declined, a fifth of those as guessed cards are. */
function shop(from: Seconds, to: Seconds, perDay: number, seed = 1): Fact[] {
  const random = seeded(seed)
  return arrivals(from, to, daily(perDay), random).map((at): Fact => {
    const amount = 1_000 + Math.floor(random() * 9_000)
    if (random() > 1 / 15) return succeeded(at, { amount })
    return failed(at, { amount, reason: REASONS[Math.floor(random() * REASONS.length)] ?? 'do_not_honor' })
  })
}

const weeks = (perDay = 100) => shop(NOW - 21 * DAY, NOW, perDay)
const wrongCvc = (
  from: Seconds,
  step: Seconds,
  number: number,
  over: Partial<ChargeFailed> = {},
): ChargeFailed[] =>
  every(from, step, number).map((at) =>
    failed(at, { code: 'incorrect_cvc', reason: 'incorrect_cvc', ...over }),
  )

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([cardTesting], facts, options).incidents

describe('CARD_TESTING is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    [
      'at a gateway that refuses 300 payments of ordinary amounts',
      () => {
        const random = seeded(2)
        const amount = () => 1_000 + Math.floor(random() * 9_000)
        return [...weeks(), ...every(NOW, 12, 300).map((at) => failed(at, { amount: amount() }))]
      },
    ],
    [
      'at a failing gateway where small purchases are common',
      () => {
        const random = seeded(3)
        const amount = () => (random() < 0.15 ? 300 : 20_000)
        const good = arrivals(NOW - 21 * DAY, NOW, daily(100), random).map((at) =>
          succeeded(at, { amount: amount() }),
        )
        return [...good, ...every(NOW, 12, 300).map((at) => failed(at, { amount: amount() }))]
      },
    ],
    [
      'at one customer with nine tries on two cards',
      () => [
        ...weeks(),
        ...every(NOW, MINUTE, 9).map((at, i) =>
          failed(at, { customer: 'cus_lost', card: `card_lost_${i % 2}`, reason: 'incorrect_cvc' }),
        ),
      ],
    ],
    ['at eleven suspects in an hour', () => [...weeks(), ...wrongCvc(NOW, 5 * MINUTE, 11)]],
    [
      'when a promotion brings five times the tries',
      () => [...weeks(300), ...shop(NOW, NOW + DAY, 1_500, 5)],
    ],
    [
      'when all prices fall to a tenth and as many fail as ever',
      () => {
        const random = seeded(6)
        const tries = (from: Seconds, to: Seconds, price: number) =>
          arrivals(from, to, daily(150), random).map((at): Fact => {
            const amount = Math.round(price * (0.5 + random()))
            return random() < 0.3
              ? failed(at, { amount, reason: 'insufficient_funds' })
              : succeeded(at, { amount })
          })
        return [...tries(NOW - 21 * DAY, NOW, 5_000), ...tries(NOW, NOW + DAY, 400)]
      },
    ],
    ['when forty renewals fail', () => [...weeks(), ...wrongCvc(NOW, MINUTE, 40, { recurring: true })]],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts(), { until: NOW + 2 * DAY })).toEqual([])
  })
})

describe('CARD_TESTING fires', () => {
  it('at twelve guests with a wrong security code in 20 minutes, with the twelfth', () => {
    const guests = wrongCvc(NOW, 100, 12).map(({ customer: _, ...guest }) => guest)
    const [incident] = judge([...weeks(), ...guests])
    expect(incident).toMatchObject({
      detectedAt: NOW + 11 * 100,
      severity: 'HIGH',
      occurrences: 12,
      impact: null,
    })
    expect(incident?.message).toMatch(/^12 different cards have failed within 18 minutes since/)
    expect(incident?.evidence[0]).toMatchObject({ observed: 12, threshold: 12, unit: 'COUNT' })
    expect(incident?.evidence.at(-1)?.name).toBe('evidence')
  })

  it('at 45 cards in five hours at the cheapest price, however they are refused', () => {
    const tries = every(NOW, 400, 45).map((at) => failed(at, { amount: 100 }))
    const [incident] = judge([...weeks(), ...tries])
    expect(incident?.detectedAt).toBeLessThan(NOW + 3 * HOUR)
  })

  it('at wrong numbers in a shop where every fourth payment is small', () => {
    const random = seeded(9)
    const good = arrivals(NOW - 21 * DAY, NOW, daily(100), random).map((at) =>
      succeeded(at, { amount: random() < 0.25 ? 300 : 20_000 }),
    )
    const [incident] = judge([...good, ...wrongCvc(NOW, 100, 20, { amount: 300 })])
    expect(incident?.detectedAt).toBeLessThan(NOW + 20 * 100)
  })

  it('at sixty failing set-ups', () => {
    const [incident] = judge([...weeks(), ...every(NOW, MINUTE, 60).map((at) => setupFailed(at))])
    expect(incident).toMatchObject({ severity: 'CRITICAL', occurrences: 60 })
    expect(incident?.subjects[0]?.type).toBe('setup_intent')
  })

  it('when Radar blocks a burst', () => {
    expect(
      judge([...weeks(), ...every(NOW, 30, 30).map((at) => failed(at, { blocked: true }))]),
    ).toHaveLength(1)
  })

  it('on the first day', () => {
    expect(judge([...shop(NOW, NOW + 6 * HOUR, 100), ...wrongCvc(NOW + 6 * HOUR, 30, 30)])).toHaveLength(1)
  })

  it('and counts what went through as money at risk', () => {
    const taken = every(NOW + 90, 5 * MINUTE, 4).map((at) => succeeded(at, { amount: 100 }))
    const [incident] = judge([...weeks(), ...wrongCvc(NOW, MINUTE, 30), ...taken])
    expect(incident?.impact).toEqual({ amount: 400, currency: 'usd' })
    expect(incident?.advice).toContain('refund the suspicious payments')
  })

  it('at the tenant`s own number of cards, and not below', () => {
    const facts = [...weeks(), ...wrongCvc(NOW, 100, 19)]
    expect(judge(facts, { settings: { minCards: 20 } })).toEqual([])
    expect(judge(facts, { settings: { minCards: 19 } })).toHaveLength(1)
  })
})

describe('an incident of CARD_TESTING', () => {
  const attack = () => [...weeks(), ...wrongCvc(NOW, MINUTE, 150), ...shop(NOW, NOW + 12 * HOUR, 100, 9)]

  it('is one, and ends with its last card once an hour was calm', () => {
    const [incident, ...rest] = judge(attack(), { until: NOW + 12 * HOUR })
    expect(rest).toEqual([])
    expect(incident?.occurrences).toBeGreaterThanOrEqual(150)
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 150 * MINUTE))).toBeLessThan(90 * MINUTE)
  })

  it('does not become normal', () => {
    const again = wrongCvc(NOW + 3 * DAY, MINUTE, 20)
    expect(judge([...attack(), ...shop(NOW + 12 * HOUR, NOW + 3 * DAY, 100, 10), ...again])).toHaveLength(2)
  })
})

describe('card testing at a business that lives on invoices', () => {
  const subscribers = (): Fact[] =>
    arrivals(NOW - 20 * DAY, NOW, () => 8, seeded(31)).map((at) => succeeded(at, { recurring: true }))
  const tries = (amount: number, number = 40) =>
    every(NOW, 5 * MINUTE, number).map((at) => failed(at, { amount }))

  it('is found by tries of small amounts, though banks just say no', () => {
    const [incident, ...rest] = driveHistory([cardTesting], [...subscribers(), ...tries(100)]).incidents
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBe(NOW)
  })

  it('is not seen in refusals of its own prices', () => {
    expect(driveHistory([cardTesting], [...subscribers(), ...tries(2_900)]).incidents).toEqual([])
  })
})

describe('card testing inside an outage of the endpoint', () => {
  it('is judged by its own time when it is delivered afterwards', () => {
    const resent = NOW + 5 * HOUR
    const tested = every(NOW, 2 * MINUTE, 40).map((at, i): Late => {
      const fact = failed(at, { code: 'incorrect_cvc' })
      return { ...fact, lag: resent + i - at }
    })
    const sales = arrivals(NOW - 10 * DAY, resent + DAY, () => 5, seeded(8))
      .filter((at) => at < NOW || at > resent)
      .map((at) => succeeded(at))
    const [incident, ...rest] = driveHistory([cardTesting], [...sales, ...tested], {
      until: resent + DAY,
    }).incidents
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBe(NOW)
    expect(incident?.endedAt).toBeLessThanOrEqual(NOW + 39 * 2 * MINUTE)
  })
})

import { describe, expect, it } from 'vitest'
import { chargeFailureSpike } from '../../../src/detection/detectors/charge-failure-spike/detector.ts'
import type { ChargeFailed, ChargePending, ChargeSucceeded, Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { failed, payments, succeeded } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

const NOW: Seconds = MONDAY + 28 * DAY + 12 * HOUR

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([chargeFailureSpike], facts, options).incidents

const shop = (perDay: number, share: number, to: Seconds = NOW, seed = 1): Fact[] => {
  const random = seeded(seed)
  return payments(arrivals(NOW - 28 * DAY, to, daily(perDay), random), share, random)
}

interface RunOptions {
  method?: string
  sentAt: Seconds
  debits: number
  refused: number
  /** Days until the refusals and until the successes come. */
  refusedAfter?: number
  paidAfter?: number
  /** Whether Stripe said that they were sent. */
  announced?: boolean
}

/** Debits that are sent within an hour and answered days later. */
function run({
  method = 'sepa_debit',
  sentAt,
  debits,
  refused,
  refusedAfter = 2,
  paidAfter = 5,
  announced = true,
}: RunOptions): Fact[] {
  return every(sentAt, MINUTE, debits).flatMap((begun, i): Fact[] => {
    const isRefused = i < refused
    const at = begun + (isRefused ? refusedAfter : paidAfter) * DAY
    const debit = { method, begun }
    const outcome: ChargeFailed | ChargeSucceeded = isRefused
      ? failed(at, { ...debit, reason: 'insufficient_funds' })
      : { ...succeeded(at), ...debit }
    const { kind: _, captured: __, ...sent } = { ...succeeded(begun), method }
    const pending: ChargePending = { kind: 'chargePending', ...sent }
    return announced ? [pending, outcome] : [outcome]
  })
}

const monthly = (options: Omit<RunOptions, 'sentAt'>, runs = 4): Fact[] =>
  Array.from({ length: runs }, (_, i) => run({ ...options, sentAt: NOW - (runs - 1 - i) * 30 * DAY })).flat()

describe('runs of debits are quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    ['when refusals come before successes', () => monthly({ debits: 40, refused: 12 })],
    [
      'when successes come before refusals',
      () => monthly({ debits: 40, refused: 12, refusedAfter: 7, paidAfter: 3 }),
    ],
    ['when nobody says how many were sent', () => monthly({ debits: 40, refused: 8, announced: false })],
    ['whatever the method', () => monthly({ method: 'us_bank_account', debits: 25, refused: 4 })],
    [
      'when every working day has one',
      () =>
        Array.from({ length: 40 }, (_, day) =>
          run({ sentAt: NOW + (day - 40) * DAY, debits: 6, refused: day % 2 }),
        ).flat(),
    ],
    [
      'beside cards that hardly ever fail',
      () => [...shop(50, 0.02, NOW + 10 * DAY), ...monthly({ debits: 60, refused: 15 })],
    ],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts(), { until: NOW + 20 * DAY })).toEqual([])
  })
})

describe('runs of debits are reported', () => {
  const usual = (announced = true) =>
    monthly({ debits: 60, refused: 3, announced }).filter(({ at }) => at < NOW - 15 * DAY)

  it('as soon as more have come back than would if all the others were paid', () => {
    const [incident, ...rest] = judge([...usual(), ...run({ sentAt: NOW, debits: 60, refused: 30 })], {
      until: NOW + 20 * DAY,
    })
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ severity: 'HIGH', fingerprint: 'sepa_debit' })
    expect(incident?.startedAt).toBe(NOW + 2 * DAY)
    expect(incident?.detectedAt).toBeLessThan(NOW + 2 * DAY + HOUR)
    expect(incident?.message).toMatch(
      /^30 of 60 SEPA debit payments sent since \w+ \d+ \w+ have failed \(50%\), where about \d(\.\d)?% would be usual\. They come to \$870\.00;/,
    )
    expect(incident?.endedAt).toBe(incident?.lastSeenAt)
  })

  it('a week after they were sent where nobody said how many were', () => {
    const [incident, ...rest] = judge(
      [...usual(false), ...run({ sentAt: NOW, debits: 60, refused: 30, refusedAfter: 9, announced: false })],
      { until: NOW + 20 * DAY },
    )
    expect(rest).toEqual([])
    expect(incident?.detectedAt).toBeGreaterThan(NOW + 7 * DAY)
  })

  it('though cards were fine, and cards though debits were', () => {
    const bad = run({ sentAt: NOW, debits: 60, refused: 40 })
    const cards = every(NOW + DAY, MINUTE, 20).map((at) => failed(at))
    const found = judge([...shop(50, 0.03, NOW + 4 * DAY), ...usual(), ...bad, ...cards])
    expect(found.map(({ fingerprint }) => fingerprint).sort()).toEqual(['', 'sepa_debit'])
  })

  it('twice at most when they are the new course', () => {
    const worse = Array.from({ length: 5 }, (_, i) =>
      run({ sentAt: NOW + i * 30 * DAY, debits: 60, refused: 30 }),
    ).flat()
    expect(judge([...usual(), ...worse], { until: NOW + 160 * DAY })).toHaveLength(2)
  })
})

describe('payers who come back', () => {
  /** Payments by a few regulars, of which a share fails. */
  const regulars = (customers: number, seed: number): Late[] => {
    const random = seeded(seed)
    const share = (at: Seconds) => (at < NOW ? 0.14 : 0.6)
    return arrivals(NOW - 28 * DAY, NOW + 2 * DAY, daily(40), random).map((at) => {
      const customer = `cus_regular_${Math.floor(random() * customers)}`
      return random() < share(at) ? failed(at, { customer }) : succeeded(at, { customer })
    })
  }

  it.each([15, 40, 200, 5_000])('count again and again: %s of them', (customers) => {
    const found = [1, 2, 3].map((seed) => judge(regulars(customers, seed)).length)
    expect(found).toEqual([1, 1, 1])
  })

  it('count once for one payment, however long it is tried', () => {
    const tries = Array.from({ length: 12 }, (_, n) =>
      every(NOW, 25 * HOUR, 6).map((at) =>
        failed(at, { customer: `cus_${n}_dunned`, intent: `pi_${n}_dunned` }),
      ),
    ).flat()
    const [incident] = judge([...shop(5, 0.05, NOW + 8 * DAY), ...tries])
    expect(incident?.occurrences ?? 0).toBeLessThanOrEqual(14)
  })
})

describe('tested cards', () => {
  const tests: [name: string, over: Partial<ChargeFailed>][] = [
    ['wrong numbers', { code: 'incorrect_cvc' }],
    ['stolen cards', { reason: 'stolen_card' }],
    ['elevated risk', { risk: 'elevated' }],
    ['a plain no to the smallest amount', { amount: 100 }],
  ]
  it.each(tests)('are no failing payments: %s', (_, over) => {
    const tried = every(NOW, 20, 80).map((at) => failed(at, over))
    expect(judge([...shop(50, 0.05, NOW + DAY), ...tried])).toEqual([])
  })

  it('are failing payments when they are renewals, which nobody tests cards with', () => {
    const tried = every(NOW, 20, 80).map((at) => failed(at, { reason: 'lost_card', recurring: true }))
    expect(judge([...shop(50, 0.05, NOW + DAY), ...tried])).toHaveLength(1)
  })
})

describe('the beginning', () => {
  it.each([
    ['a stray failure hours before', [NOW - 7 * HOUR]],
    ['two in the night before', [NOW - 9 * HOUR, NOW - 8 * HOUR]],
  ])('is the first failure of the outage after %s', (_, strays) => {
    const quiet = [
      ...shop(12, 0.03, NOW - 10 * HOUR),
      ...every(NOW - 6 * HOUR, HOUR, 5).map((at) => succeeded(at)),
    ]
    const outage = every(NOW, MINUTE, 12).map((at) => failed(at))
    const [incident, ...rest] = judge([...quiet, ...strays.map((at) => failed(at)), ...outage])
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBe(NOW)
  })
})

describe('failures that come back', () => {
  const firsts = [1, 2, 3, 4].map((month) => Date.UTC(2025, month, 1, 6) / 1_000)
  /** Renewals of all subscribers on the 1st, of which many fail. */
  const renewals = (at: Seconds, number: number, share: number, seed: number): Fact[] =>
    payments(every(at, 20, number), share, seeded(seed))
  const course = (until: Seconds): Fact[] => {
    const random = seeded(9)
    return payments(arrivals(firsts[0] ?? 0, until, daily(30), random), 0.04, random)
  }

  it('on the 1st of each month are the course by the third time, and what goes far beyond is reported', () => {
    const until = (firsts.at(-1) ?? 0) + 2 * DAY
    const usual = firsts.slice(0, 3).flatMap((at, i) => renewals(at, 200, 0.3, i))
    const more = (share: number) =>
      judge([...course(until), ...usual, ...renewals(firsts[3] ?? 0, 200, share, 7)])
    expect(more(0.3).length).toBeLessThanOrEqual(2)
    expect(more(0.9).at(-1)?.startedAt).toBeGreaterThanOrEqual(firsts[3] ?? 0)
  })
})

describe('a backlog delivered after an outage of the endpoint', () => {
  it('is judged by its own time', () => {
    const lost = every(NOW, 3 * MINUTE, 60).map((at, i) => (i < 15 ? succeeded(at) : failed(at)))
    const resent = NOW + 6 * HOUR
    const late = lost.map((fact, i): Late => ({ ...fact, lag: resent + i - fact.at }))
    const fresh = every(resent, 10 * MINUTE, 12).map((at) => succeeded(at))
    const [incident, ...rest] = judge([...shop(60, 0.04), ...late, ...fresh], { until: resent + DAY })
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBe(NOW + 45 * MINUTE)
    expect(incident?.endedAt).toBeLessThan(resent + 2 * HOUR)
  })
})

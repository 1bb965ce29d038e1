import { describe, expect, it } from 'vitest'
import { chargeFailureSpike } from '../../../src/detection/detectors/charge-failure-spike/detector.ts'
import type { ChargeFailed, Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { failed, payments, succeeded } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

const NOW: Seconds = MONDAY + 28 * DAY + 12 * HOUR

/** Four weeks until NOW with a share of failing payments. */
function weeks(share: number, perDay: number, seed = 1): Fact[] {
  const random = seeded(seed)
  return payments(arrivals(NOW - 28 * DAY, NOW, daily(perDay), random), share, random)
}

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([chargeFailureSpike], facts, options).incidents

/** So many good and bad payments, evenly mixed. */
function mixed(from: Seconds, step: Seconds, good: number, bad: number): Fact[] {
  const all = good + bad
  return every(from, step, all).map((at, i) =>
    Math.floor(((i + 1) * bad) / all) > Math.floor((i * bad) / all) ? failed(at) : succeeded(at),
  )
}

const failures = (
  from: Seconds,
  step: Seconds,
  number: number,
  over: Partial<ChargeFailed> = {},
): ChargeFailed[] => every(from, step, number).map((at) => failed(at, over))

describe('CHARGE_FAILURE_SPIKE is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    [
      'when 12% fail for a day where 8% are usual, at 5,000 payments a day',
      () => {
        const random = seeded(7)
        const old = payments(arrivals(NOW - 14 * DAY, NOW, daily(5_000), random), 0.08, random)
        return [...old, ...payments(arrivals(NOW, NOW + DAY, daily(5_000), random), 0.12, random)]
      },
    ],
    ['at seven failures in a row', () => [...weeks(0.05, 20), ...failures(NOW, MINUTE, 7)]],
    [
      'when one customer fails thirty times',
      () => [...weeks(0.05, 20), ...failures(NOW, MINUTE, 30, { customer: 'cus_angry' })],
    ],
    [
      'when one guest tries thirty cards on one payment',
      () => [
        ...weeks(0.05, 20),
        ...every(NOW, MINUTE, 30).map((at, i) => {
          const { customer: _, ...guest } = failed(at)
          return { ...guest, intent: 'pi_guest', payer: `card_guest_${i}` }
        }),
      ],
    ],
    [
      'on a dunning day with forty old failures',
      () => {
        const old = failures(NOW - 5 * DAY, 3 * HOUR, 40)
        const again = old.map((fact, i) => ({
          ...fact,
          at: NOW + i * 60,
          charge: `${fact.charge}_2`,
          eventId: `${fact.eventId}_2`,
        }))
        return [...weeks(0.05, 100), ...old, ...again]
      },
    ],
    ['at 30 good and 6 bad ones on day one', () => mixed(NOW, 20 * MINUTE, 30, 6)],
    ['when a new tenant has a fifth of declines', () => mixed(NOW, 3 * MINUTE, 400, 100)],
    [
      'when Radar blocks forty renewals',
      () => [...weeks(0.05, 50), ...failures(NOW, MINUTE, 40, { blocked: true, recurring: true })],
    ],
    [
      'when the integration sends nonsense',
      () => [...weeks(0.05, 50), ...failures(NOW, MINUTE, 40, { invalid: true })],
    ],
    [
      'when bank debits of last week are returned together',
      () => [...weeks(0.05, 50), ...failures(NOW, MINUTE, 20, { reversed: 2_900 })],
    ],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts(), { until: NOW + 3 * DAY })).toEqual([])
  })
})

describe('CHARGE_FAILURE_SPIKE fires', () => {
  it('when a quarter of 200 payments fails where 8% are usual, and says so with numbers', () => {
    const facts = [...weeks(0.08, 100), ...mixed(NOW, 4 * MINUTE, 150, 50)]
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ severity: 'MEDIUM', impact: { currency: 'usd' } })
    expect(incident?.startedAt).toBeLessThan(NOW + 6 * HOUR)
    expect(incident?.message).toMatch(
      /\d+ of \d+ payments have failed since .* \(2\d%\), where about 8(\.\d)?% would be usual/,
    )
    expect(incident?.message).toContain('“refused by the bank without a reason”')
    const [share] = incident?.evidence ?? []
    expect(share).toMatchObject({ name: 'failed share', unit: 'RATIO' })
    expect(share?.observed).toBeGreaterThan(share?.threshold ?? 1)
    expect(incident?.evidence.at(-1)).toMatchObject({ name: 'evidence', unit: 'SCORE' })
    expect(incident?.series.length).toBeGreaterThan(40)
  })

  it('when a quarter of 200 payments fails at random, even where they take ten days: what it counts is not learned', () => {
    const found = Array.from({ length: 10 }, (_, seed) => {
      const random = seeded(100 + seed)
      const worse = payments(arrivals(NOW, NOW + 10 * DAY, daily(20), random), 0.25, random)
      return judge([...weeks(0.08, 20, seed), ...worse]).length
    })
    expect(found.filter((incidents) => incidents === 1).length).toBeGreaterThanOrEqual(8)
  })

  it('when eight of eight fail after 200 payments with 5%', () => {
    const facts = [
      ...mixed(NOW - 21 * DAY, 2 * HOUR, 190, 10),
      ...mixed(NOW - DAY, HOUR, 20, 0),
      ...failures(NOW, 2 * MINUTE, 8),
    ]
    const [incident] = judge(facts)
    expect(incident?.detectedAt).toBe(NOW + 14 * MINUTE)
    expect(incident).toMatchObject({ severity: 'CRITICAL', occurrences: 8 })
    expect(incident?.subjects).toHaveLength(8)
  })

  it('when 20 fail after 30 good ones on day one', () => {
    const facts = [...mixed(NOW, 10 * MINUTE, 30, 0), ...failures(NOW + 6 * HOUR, MINUTE, 20)]
    expect(judge(facts)).toHaveLength(1)
  })

  it('when most fail in the first minutes, and says that it knows no history yet', () => {
    const [incident] = judge([...mixed(NOW, 10, 3, 0), ...failures(NOW + MINUTE, 5, 30)])
    expect(incident?.title).toMatch(/^\d+% of payments fail$/)
    expect(incident?.message).toContain(
      'where about 17% would be usual with most businesses, since yours has no history yet',
    )
    const { series = [] } = incident ?? {}
    expect(series.length).toBeGreaterThan(10)
    expect(series.map(({ at }) => at)).toEqual(series.map(({ at }) => at).toSorted((a, b) => a - b))
    expect(series[0]?.observed).toBe(0)
    expect(series.at(-1)?.observed).toBeGreaterThan(series.at(-1)?.upper ?? 1)
  })

  it('when payments fail without a charge', () => {
    const refused = every(NOW, MINUTE, 12).map((at, i): Fact => {
      const { charge: _, kind: __, reversed: ___, ...rest } = failed(at)
      return {
        ...rest,
        kind: 'paymentRefused',
        id: `pi_refused_${i}`,
        setup: false,
        reason: 'authentication_required',
      }
    })
    const [incident] = judge([...weeks(0.05, 50), ...refused])
    expect(incident?.subjects[0]).toEqual({ type: 'payment_intent', id: 'pi_refused_0' })
    expect(incident?.advice).toContain('3-D Secure')
  })

  it('at the tenant`s own bounds, and not below them', () => {
    const facts = [...weeks(0.05, 50), ...failures(NOW, MINUTE, 11)]
    expect(judge(facts, { settings: { minFailures: 12 } })).toEqual([])
    expect(judge(facts, { settings: { minFailures: 11 } })).toHaveLength(1)
  })
})

describe('an incident of CHARGE_FAILURE_SPIKE', () => {
  const outage = () => [...weeks(0.05, 200), ...mixed(NOW, 2 * MINUTE, 15, 75)]

  it('is one, grows with each failure, and ends where the share came back', () => {
    const facts = [...outage(), ...mixed(NOW + 3 * HOUR, 2 * MINUTE, 95, 5)]
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident?.occurrences).toBeGreaterThan(70)
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 3 * HOUR))).toBeLessThan(30 * MINUTE)
    expect(incident?.status).toBe('RESOLVED')
  })

  it('ends at its last sign when no payment fails or comes for a day', () => {
    const [incident] = judge(outage(), { until: NOW + 2 * DAY })
    expect(incident?.endedAt).toBe(incident?.lastSeenAt)
  })

  it('does not become normal: the same again a week later is told again', () => {
    const random = seeded(3)
    const calm = payments(arrivals(NOW + 3 * HOUR, NOW + 7 * DAY, daily(200), random), 0.05, random)
    const again = mixed(NOW + 7 * DAY, 2 * MINUTE, 15, 75)
    expect(judge([...outage(), ...calm, ...again])).toHaveLength(2)
  })

  it('is measured by a change that was too small to be told, for that is learned a week late', () => {
    const random = seeded(6)
    const worse = payments(arrivals(NOW, NOW + 28 * DAY, daily(200), random), 0.12, random)
    const [incident, ...rest] = judge([
      ...weeks(0.08, 200),
      ...worse,
      ...failures(NOW + 28 * DAY, MINUTE, 40),
    ])
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBeGreaterThan(NOW + 27 * DAY)
    expect(incident?.message).toMatch(/where about 1[01](\.\d)?% would be usual/)
  })

  it('that goes on for seven days ends as the new usual, and stays quiet then', () => {
    const random = seeded(4)
    const lasting = payments(arrivals(NOW, NOW + 16 * DAY, daily(200), random), 0.3, random)
    const [incident, ...rest] = judge([...weeks(0.05, 200), ...lasting])
    expect(rest).toEqual([])
    expect(incident?.message).toContain('now taken as usual')
    expect((incident?.endedAt ?? 0) - (incident?.startedAt ?? 0)).toBeLessThan(7 * DAY + HOUR)
  })
})

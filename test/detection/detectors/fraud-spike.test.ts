import { describe, expect, it } from 'vitest'
import { fraudSpike } from '../../../src/detection/detectors/fraud-spike/detector.ts'
import type { Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { disputed, succeeded, warned } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

const START: Seconds = MONDAY - 40 * DAY
const NOW: Seconds = MONDAY + 10 * HOUR

/** Payments up to `to`, and disputes at even distance, so many a day. */
function shop(perDay: number, disputesPerDay: number, to: Seconds = NOW, from: Seconds = START): Fact[] {
  const random = seeded(1)
  const step = Math.floor(DAY / disputesPerDay)
  return [
    ...arrivals(from, to, daily(perDay), random).map((at) => succeeded(at)),
    ...every(from + step, step, Math.floor((to - from) / step) - 1).map((at) => disputed(at)),
  ]
}

/** The same, the disputes at random. */
function randomShop(seed: number, perDay: number, disputesPerDay: number): Fact[] {
  const random = seeded(seed)
  const at = (rate: number) => arrivals(START, NOW, daily(rate), random)
  return [...at(perDay).map((when) => succeeded(when)), ...at(disputesPerDay).map((when) => disputed(when))]
}

const burst = (number: number, within: Seconds, from: Seconds = NOW) =>
  every(from, Math.floor(within / number), number).map((at) => disputed(at))

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([fraudSpike], facts, options).incidents

describe('FRAUD_SPIKE is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    ['at three disputes in a day at a small shop', () => [...shop(20, 1 / 30), ...burst(3, DAY)]],
    ['at twelve in four days where eight are usual', () => [...shop(800, 2), ...burst(12, 4 * DAY)]],
    [
      'at mere inquiries',
      () => [...shop(20, 1 / 30), ...burst(10, DAY).map((fact) => ({ ...fact, inquiry: true }))],
    ],
    [
      'when warnings and disputes tell of the same three charges',
      () => [
        ...shop(20, 1 / 30),
        ...every(NOW, HOUR, 3).flatMap((at, i) => [
          warned(at, { charge: `ch_same_${i}` }),
          disputed(at + 600, { charge: `ch_same_${i}` }),
        ]),
      ],
    ],
    [
      'at four in an afternoon where 0.6 a day are usual, for disputes keep office hours',
      () => [...shop(250, 0.6), ...burst(4, 4 * HOUR)],
    ],
    ['at seven in the first week', () => [...shop(20, 1 / 30, NOW, NOW - 2 * DAY), ...burst(7, DAY)]],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts(), { until: NOW + 5 * DAY })).toEqual([])
  })
})

describe('disputes of a peak that is over', () => {
  const PEAK = { from: START + 30 * DAY, to: START + 52 * DAY, times: 8 }
  const timesAt = (at: Seconds): number => (at >= PEAK.from && at < PEAK.to ? PEAK.times : 1)

  /** Of each thousand payments one is disputed, 10 to 40 days later. */
  function peak(seed: number, perDay: number): Fact[] {
    const random = seeded(seed)
    const paid = arrivals(START, START + 95 * DAY, (at) => timesAt(at) * daily(perDay)(at), random)
    return paid.flatMap((at): Fact[] => {
      const payment = succeeded(at)
      const isDisputed = random() < 0.001
      return isDisputed ? [payment, disputed(Math.floor(at + (10 + 30 * random()) * DAY))] : [payment]
    })
  }

  it('are as many as come from the payments of those weeks', () => {
    const alarms = Array.from({ length: 12 }, (_, seed) => judge(peak(300 + seed, 90)).length)
    expect(alarms.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1)
  })

  it('hide no attack', () => {
    const late = START + 85 * DAY
    const found = judge([...peak(300, 90), ...burst(12, DAY, late)])
    expect(found.filter(({ detectedAt }) => detectedAt >= late)).toHaveLength(1)
  })
})

describe('FRAUD_SPIKE fires', () => {
  it('at four in a day where one a month is usual', () => {
    const [incident] = judge([...shop(20, 1 / 30), ...burst(4, DAY)])
    expect(incident).toMatchObject({
      severity: 'MEDIUM',
      occurrences: 4,
      impact: { amount: 4 * 4_900, currency: 'usd' },
    })
    expect(incident?.message).toContain('4 payments have been disputed or reported as fraud since')
    expect(incident?.message).toContain('“suspected fraud” (4)')
    expect(incident?.evidence[0]).toMatchObject({ observed: 4, threshold: 4, unit: 'COUNT' })
    expect(incident?.subjects).toHaveLength(4)
  })

  it('at five a day for two days where 0.6 is', () => {
    expect(judge([...shop(250, 0.6), ...burst(10, 2 * DAY)])).toHaveLength(1)
  })

  it('at five in an afternoon where 0.6 a day are usual', () => {
    expect(judge([...shop(250, 0.6), ...burst(5, 5 * HOUR)])).toHaveLength(1)
  })

  it('at ten in two days where 0.6 a day are usual, at random as they come', () => {
    const found = Array.from({ length: 10 }, (_, seed) => {
      const random = seeded(200 + seed)
      const ten = every(NOW, 0, 10).map((at) => disputed(at + Math.floor(random() * 2 * DAY)))
      return judge([...randomShop(seed, 250, 0.6), ...ten]).filter(({ detectedAt }) => detectedAt >= NOW)
        .length
    })
    expect(found.filter((incidents) => incidents === 1).length).toBeGreaterThanOrEqual(8)
  })

  it('at eight in the first week', () => {
    expect(judge([...shop(20, 1 / 30, NOW, NOW - 2 * DAY), ...burst(8, DAY)])).toHaveLength(1)
  })

  it('at warnings alone, and grows critical with their number', () => {
    const warnings = every(NOW, HOUR, 16).map((at, i) => warned(at, { charge: `ch_w_${i}` }))
    const [incident] = judge([...shop(50, 1 / 10), ...warnings])
    expect(incident).toMatchObject({ severity: 'CRITICAL', occurrences: 16, impact: null })
  })

  it('at the tenant`s own number, and not below', () => {
    const facts = [...shop(20, 1 / 30), ...burst(5, DAY)]
    expect(judge(facts, { settings: { minFlags: 6 } })).toEqual([])
    expect(judge(facts, { settings: { minFlags: 5 } })).toHaveLength(1)
  })
})

describe('an incident of FRAUD_SPIKE', () => {
  it('ends when half a day is without a sign, at its last', () => {
    const facts = [...shop(100, 1 / 20, NOW + 8 * DAY), ...burst(12, 2 * DAY)]
    const [incident, ...rest] = judge(facts, { until: NOW + 8 * DAY })
    expect(rest).toEqual([])
    const end = NOW + 2 * DAY - 4 * HOUR
    expect(Math.abs((incident?.endedAt ?? 0) - end)).toBeLessThan(12 * HOUR)
  })

  it('ends at a large tenant, too, where half a day is never without a dispute', () => {
    const facts = [...shop(3_000, 10, NOW + 6 * DAY, NOW - 30 * DAY), ...burst(80, 2 * DAY)]
    const [incident] = judge(facts, { until: NOW + 6 * DAY })
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 2 * DAY))).toBeLessThan(DAY)
  })

  it('that goes on for seven days ends as the new usual', () => {
    const facts = [...shop(300, 1 / 3, NOW + 12 * DAY), ...burst(12 * 6, 12 * DAY)]
    const [incident, ...rest] = judge(facts, { until: NOW + 12 * DAY })
    expect(rest).toEqual([])
    expect(incident?.message).toContain('now taken as usual')
  })
})

describe('disputes after a handful of them', () => {
  it('are still found: the handful was their beginning, or chance', () => {
    const handful = [-8, -7, -6, -5, -4].map((day) => disputed(NOW + day * DAY))
    const found = judge([...shop(200, 0.2), ...handful, ...burst(6, 16 * HOUR)])
    expect(found.at(-1)?.startedAt).toBeGreaterThanOrEqual(NOW)
  })
})

describe('disputes that come back', () => {
  const mondays = Array.from({ length: 5 }, (_, week) => NOW + (week - 4) * 7 * DAY)
  const batches = mondays.flatMap((at) => burst(8, 2 * HOUR, at))

  it('each Monday, when the bank sends them, are the course by the third time', () => {
    expect(
      judge([...shop(200, 0.1, NOW + DAY), ...batches], { until: NOW + 5 * DAY }).length,
    ).toBeLessThanOrEqual(2)
  })

  it('are reported when they go far beyond', () => {
    const found = judge([...shop(200, 0.1, NOW + DAY), ...batches, ...burst(60, 3 * HOUR, NOW + 2 * HOUR)])
    expect(found.at(-1)?.startedAt).toBeGreaterThanOrEqual(NOW)
  })
})

import { describe, expect, it } from 'vitest'
import { refundSpike } from '../../../src/detection/detectors/refund-spike/detector.ts'
import type { Fact, Refunded } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { refunded, succeeded } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

const START: Seconds = MONDAY - 28 * DAY
const NOW: Seconds = MONDAY + 9 * HOUR

/** Forty payments for each refund, and refunds in the daytime, so many a day. */
function shop(refundsPerDay: number, to: Seconds = NOW, from: Seconds = START, seed = 1): Fact[] {
  const random = seeded(seed)
  return [
    ...arrivals(from, to, daily(40 * refundsPerDay), random).map((at) => succeeded(at)),
    ...arrivals(from, to, daily(refundsPerDay), random).map((at) => refunded(at)),
  ]
}

/** Refunds of payments made long ago. */
const returned = (perDay: number, to: Seconds, seed: number): Fact[] =>
  arrivals(NOW, to, daily(perDay), seeded(seed)).map((at) => refunded(at))

const burst = (
  number: number,
  within: Seconds,
  from: Seconds = NOW,
  over: Partial<Refunded> = {},
): Refunded[] => every(from, Math.floor(within / number), number).map((at) => refunded(at, over))

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([refundSpike], facts, options).incidents

describe('REFUND_SPIKE is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    [
      'when a clerk refunds in a batch each weekday morning',
      () => {
        const mornings = Array.from({ length: 35 }, (_, day) => START + day * DAY + 8 * HOUR)
        const paid = arrivals(START, START + 35 * DAY, daily(300), seeded(2)).map((at) => succeeded(at))
        const batches = mornings.filter((_, day) => day % 7 < 5)
        return [
          ...paid,
          ...batches.flatMap((at, i) => burst(10 + (i % 4), 20 * MINUTE, at + (i % 3) * 15 * MINUTE)),
        ]
      },
    ],
    ['at seven in a day at any shop', () => [...shop(0.1), ...burst(7, DAY)]],
    [
      'when twice the usual number comes after a promotion',
      () => [...shop(15), ...shop(30, NOW + 2 * DAY, NOW, 3)],
    ],
    [
      'when twelve partial refunds go to three charges',
      () => [
        ...shop(0.5),
        ...burst(12, 2 * HOUR).map((fact, i) => ({ ...fact, charge: `ch_part_${i % 3}`, amount: 100 })),
      ],
    ],
    [
      'when refunds fail and are taken out again',
      () => [...shop(0.5), ...burst(20, 2 * HOUR).map((fact) => ({ ...fact, amount: -2_900 }))],
    ],
    [
      'when a clerk begins a minute after the first payment was seen',
      () => [
        ...every(NOW, 12 * MINUTE, 40).map((at) => succeeded(at)),
        ...every(NOW + MINUTE, 45, 20).map((at) => refunded(at)),
      ],
    ],
    [
      'at some full mornings of a tenant that is known from a dozen refunds',
      () => {
        const clerk = (day: number, number: number) => burst(number, 10 * MINUTE, NOW + day * DAY)
        const known = [-19, -17, -16, -14, -13, -12, -10, -9, -7, -6, -5, -3].flatMap((day) => clerk(day, 1))
        const paid = arrivals(NOW - 20 * DAY, NOW, daily(40), seeded(6)).map((at) => succeeded(at))
        return [...paid, ...known, ...clerk(0, 5), ...clerk(1, 3), ...clerk(2, 4)]
      },
    ],
    [
      'when a clerk begins before the first payment was seen',
      () => [
        ...every(NOW, 45, 30).map((at) => refunded(at)),
        ...every(NOW + 25 * MINUTE, 2 * MINUTE, 600).map((at) => succeeded(at)),
      ],
    ],
    ['at fifteen on the first day', () => [succeeded(NOW), ...burst(15, 4 * HOUR)]],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts(), { until: NOW + 4 * DAY })).toEqual([])
  })
})

describe('REFUND_SPIKE fires', () => {
  it('at 25 in two hours where three a day are usual', () => {
    const [incident, ...rest] = judge([...shop(3), ...burst(25, 2 * HOUR)])
    expect(rest).toEqual([])
    expect(incident?.detectedAt).toBeLessThan(NOW + 2 * HOUR)
    expect(incident?.message).toMatch(/^\d+ payments have been refunded since .* where about \d/)
    expect(incident?.impact?.currency).toBe('usd')
    expect(incident?.impact?.amount).toBeGreaterThanOrEqual(25 * 2_900)
    expect(incident?.evidence.map(({ name }) => name)).toEqual([
      'refunded payments',
      'times the usual',
      'evidence',
    ])
    expect(incident?.series.some(({ observed, upper }) => observed > (upper ?? 0))).toBe(true)
  })

  it('at eight in a day where half a one is usual', () => {
    const [incident] = judge([...shop(0.5), ...burst(8, DAY)])
    expect(incident).toMatchObject({ severity: 'HIGH' })
  })

  it.each([
    ['25 in two hours in the second week', 100, 9, 25, 2 * HOUR],
    ['eight in half a day after twenty days', 5, 20, 8, 13 * HOUR],
  ])('at %s at a shop that has never refunded', (_, payments, days, number, within) => {
    const paid = arrivals(NOW - days * DAY, NOW + DAY, daily(payments), seeded(8)).map((at) => succeeded(at))
    expect(judge([...paid, ...burst(number, within)])).toHaveLength(1)
  })

  it('at four times the usual for two days at 15 a day', () => {
    expect(judge([...shop(15, NOW + 2 * DAY), ...returned(45, NOW + 2 * DAY, 5)])).not.toEqual([])
  })

  it('at a flood on the first day', () => {
    const [incident] = judge([
      ...every(NOW, HOUR, 10).map((at) => succeeded(at)),
      ...burst(40, HOUR, NOW + 10 * HOUR),
    ])
    expect(incident).toMatchObject({ severity: 'CRITICAL' })
  })

  it('at the tenant`s own bounds, and not below', () => {
    const facts = [...shop(0.2), ...burst(10, 2 * HOUR)]
    expect(judge(facts, { settings: { minRefunds: 12 } })).toEqual([])
    expect(judge(facts, { settings: { minRefunds: 8 } })).toHaveLength(1)
    expect(
      judge([...shop(15, NOW + 2 * DAY), ...returned(45, NOW + 2 * DAY, 5)], { settings: { minTimes: 8 } }),
    ).toEqual([])
  })
})

describe('refunds that come back', () => {
  const mondays = Array.from({ length: 7 }, (_, week) => MONDAY + (week - 3) * 7 * DAY + 9 * HOUR)
  const until = MONDAY + 28 * DAY
  const sales = () => shop(0.5, until, START)
  const batches = (times: readonly Seconds[], number: number) =>
    times.flatMap((at) => burst(number, 20 * MINUTE, at))

  it.each([
    ['each Monday', mondays.slice(0, 6), 2],
    ['every other Monday', mondays.filter((_, week) => week % 2 === 0), 2],
    ['each morning', Array.from({ length: 20 }, (_, day) => NOW - (19 - day) * DAY), 3],
    ['on the 1st', [1, 2, 3, 4, 5].map((month) => Date.UTC(2025, month, 1, 10) / 1_000), 2],
    ['on the last day', [31, 59, 90, 120, 151].map((day) => Date.UTC(2025, 0, day, 17) / 1_000), 2],
  ])('%s are the course after %3$s times', (_, times, most) => {
    const from = (times[0] ?? 0) - 20 * DAY
    const to = (times.at(-1) ?? 0) + 2 * DAY
    expect(judge([...shop(0.5, to, from), ...batches(times, 14)]).length).toBeLessThanOrEqual(most)
  })

  it('are reported when they go far beyond, and again when the habit had ended', () => {
    const usual = batches(mondays.slice(0, 5), 12)
    const last = mondays[5] ?? 0
    expect(judge([...sales(), ...usual, ...batches([last], 12)]).length).toBeLessThanOrEqual(2)
    const beyond = judge([...sales(), ...usual, ...batches([last], 60)]).at(-1)
    expect(beyond?.startedAt).toBe(last)
    const later = last + 9 * 7 * DAY
    const again = judge([...shop(0.5, later + DAY, START), ...usual, ...batches([later], 12)])
    expect(again.at(-1)?.startedAt).toBe(later)
  })

  it('are the course as soon as a person has called the first no incident', () => {
    const [first = 0, second = 0] = mondays
    const facts = [...shop(0.5, second + DAY, START), ...batches([first, second], 14)]
    const [incident] = judge(facts)
    const said = {
      at: first + DAY,
      fingerprint: '',
      startedAt: incident?.startedAt ?? 0,
      lastSeenAt: incident?.lastSeenAt ?? 0,
      customer: null,
    }
    expect(judge(facts)).toHaveLength(2)
    expect(judge(facts, { feedback: [said] })).toHaveLength(1)
    expect(judge(facts, { feedback: [{ ...said, at: second + DAY }] })).toHaveLength(2)
  })

  it('are not the course when a burst comes at another time', () => {
    const usual = batches(mondays.slice(0, 5), 14)
    const thursday = (mondays[4] ?? 0) + 3 * DAY + 5 * HOUR
    expect(judge([...sales(), ...usual, ...batches([thursday], 14)]).at(-1)?.startedAt).toBe(thursday)
  })
})

describe('refunds against payments', () => {
  it('follow a first of the month with ten times the payments', () => {
    const random = seeded(12)
    const first = Date.UTC(2025, 3, 1) / 1_000
    const [from, to] = [first - 27 * DAY, first + 8 * DAY]
    const perDay = (at: Seconds) => (at >= first && at < first + DAY ? 2_000 : 200)
    const paid = arrivals(from, to, (at) => perDay(at) / 24, random)
    const given = paid
      .filter(() => random() < 0.04)
      .map((at) => refunded(at + Math.floor(-Math.log(1 - random()) * 1.5 * DAY)))
    expect(judge([...paid.map((at) => succeeded(at)), ...given])).toEqual([])
  })

  it.each([2, 4, 6, 8])(
    'are quiet in the first week at a hundred payments a day, at %s percent',
    (percent) => {
      const found = Array.from({ length: 10 }, (_, seed) => {
        const random = seeded(40 + seed)
        const paid = arrivals(START, START + 8 * DAY, daily(100), random)
        const days = Array.from({ length: 8 }, (_, day) => START + day * DAY + 9 * HOUR)
        // The clerk refunds what was bought the day before, all at once.
        const given = days.flatMap((at) =>
          paid.filter((when) => when >= at - 33 * HOUR && when < at - 9 * HOUR && random() < percent / 100),
        )
        const clerk = given.map((when) => refunded(Math.ceil(when / DAY) * DAY + 9 * HOUR))
        return judge([...paid.map((at) => succeeded(at)), ...clerk]).length
      })
      expect(found.reduce((sum, number) => sum + number, 0)).toBe(0)
    },
  )

  it('are reported in the first week when half of the payments are given back', () => {
    const paid = arrivals(START, START + 6 * DAY, daily(100), seeded(3)).map((at) => succeeded(at))
    expect(judge([...paid, ...burst(60, 2 * HOUR, START + 5 * DAY + 12 * HOUR)])).toHaveLength(1)
  })
})

describe('refunds on a quiet day', () => {
  it('are reported within a few hours where the day before is full of them', () => {
    const random = seeded(4)
    const weekend = (at: Seconds) => [0, 6].includes((Math.floor(at / DAY) + 4) % 7)
    const refundsAt = (at: Seconds) => (weekend(at) ? 0 : daily(16)(at))
    const saturday = MONDAY + 5 * DAY + 4 * HOUR
    const facts = [
      ...arrivals(START, saturday + DAY, daily(400), random).map((at) => succeeded(at)),
      ...arrivals(START, saturday, refundsAt, random).map((at) => refunded(at)),
    ]
    const [incident, ...rest] = judge([...facts, ...burst(12, HOUR, saturday)])
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBe(saturday)
  })
})

describe('refunds of an outage of the endpoint, delivered in disorder within the hour after', () => {
  it.each([1, 2, 3, 4, 5])('are one incident in the order %s', (seed) => {
    const random = seeded(seed)
    const lost = every(NOW, 30 * MINUTE, 18)
    const resent = NOW + 16 * HOUR
    const late = lost
      .map((at): Late => ({ ...refunded(at), lag: 0 }))
      .map((fact) => ({ ...fact, lag: resent - fact.at + Math.floor(random() * HOUR) }))
    const fresh = arrivals(resent, resent + 2 * DAY, daily(120), random).map((at) => succeeded(at))
    const [incident, ...rest] = judge([...shop(0.5), ...late, ...fresh], { until: resent + 2 * DAY })
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ startedAt: NOW, endedAt: lost.at(-1) })
  })
})

describe('an incident of REFUND_SPIKE', () => {
  const facts = [...shop(3, NOW + 3 * DAY), ...burst(40, 3 * HOUR)]

  it('is one and ends with the burst', () => {
    const [incident, ...rest] = judge(facts, { until: NOW + 3 * DAY })
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBeGreaterThan(NOW - DAY)
    expect(incident?.endedAt).toBeGreaterThanOrEqual(NOW + 3 * HOUR - 5 * MINUTE)
    expect(incident?.endedAt).toBeLessThan(NOW + 15 * HOUR)
  })

  it('ends at a large tenant, too, where refunds never stop for three hours', () => {
    const random = seeded(8)
    const always = [
      ...arrivals(START, NOW + 4 * DAY, () => 200, random).map((at) => succeeded(at)),
      ...arrivals(START, NOW + 4 * DAY, () => 6, random).map((at) => refunded(at)),
    ]
    const [incident, ...rest] = judge([...always, ...burst(600, DAY)], { until: NOW + 4 * DAY })
    expect(rest).toEqual([])
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + DAY))).toBeLessThan(DAY)
  })

  it('does not become normal', () => {
    const again = burst(40, 3 * HOUR, NOW + 7 * DAY)
    expect(judge([...shop(3, NOW + 8 * DAY), ...burst(40, 3 * HOUR), ...again])).toHaveLength(2)
  })

  it('that goes on for seven days ends as the new usual', () => {
    const [incident, ...rest] = judge([...shop(15, NOW + 16 * DAY), ...returned(60, NOW + 16 * DAY, 6)], {
      until: NOW + 16 * DAY,
    })
    expect(rest).toEqual([])
    expect(incident?.message).toContain('now taken as usual')
  })
})

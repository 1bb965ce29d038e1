import { describe, expect, it } from 'vitest'
import { revenueDrop } from '../../../src/detection/detectors/revenue-drop/detector.ts'
import { webhookLag } from '../../../src/detection/detectors/webhook-lag/detector.ts'
import type { ChargeCaptured, Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { arrived, captured } from '../../support/facts.ts'
import { arrivals, daily, MONDAY, seeded } from '../../support/times.ts'

const START: Seconds = MONDAY - 35 * DAY
/** A Tuesday noon. */
const NOW: Seconds = MONDAY + DAY + 12 * HOUR

interface Shop {
  perDay: number
  weekend?: number
  /** How much of the usual comes at a moment. */
  factor?: (at: Seconds) => number
  amount?: (at: Seconds, random: () => number) => number
  currency?: string
  to?: Seconds
  from?: Seconds
  seed?: number
}

/** Payments whose amounts vary as those of a shop do. */
function shop({
  perDay,
  weekend = 1,
  factor = () => 1,
  to = NOW + 5 * DAY,
  ...over
}: Shop): ChargeCaptured[] {
  const random = seeded(over.seed ?? 1)
  const rate = daily(perDay, weekend)
  const amount = over.amount ?? ((_, draw) => Math.round(1_000 * Math.exp(2 * draw())))
  return arrivals(over.from ?? START, to, (at) => rate(at) * factor(at), random).map((at) =>
    captured(at, { amount: amount(at, random), currency: over.currency ?? 'usd' }),
  )
}

const between =
  (from: Seconds, to: Seconds, inside: number) =>
  (at: Seconds): number =>
    at >= from && at < to ? inside : 1

const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([webhookLag, revenueDrop], facts, options).incidents.filter(
    ({ detector }) => detector === 'REVENUE_DROP',
  )

describe('REVENUE_DROP is quiet', () => {
  const cases: [name: string, facts: () => Late[]][] = [
    ['on the weekends of a business that sells on weekdays', () => shop({ perDay: 200, weekend: 0.1 })],
    [
      'when a rise of three weeks ends where it began',
      () =>
        shop({
          perDay: 150,
          factor: between(NOW - 21 * DAY, NOW, 3),
          from: START - 28 * DAY,
          to: NOW + 14 * DAY,
        }),
    ],
    [
      'when a season ends within two months',
      () =>
        shop({
          perDay: 80,
          factor: (at) => Math.max(0.05, Math.min(1, 1 - (at - NOW) / (56 * DAY))),
          to: NOW + 63 * DAY,
        }),
    ],
    [
      'when it grows by a tenth a week',
      () => shop({ perDay: 60, factor: (at) => 1.1 ** ((at - START) / (7 * DAY)) }),
    ],
    [
      'after a launch that brought five times as much for some days',
      () => shop({ perDay: 60, factor: between(START + 7 * DAY, START + 11 * DAY, 5), to: NOW + 14 * DAY }),
    ],
    [
      'when a week of year-end gifts is over',
      () =>
        shop({
          perDay: 60,
          factor: between(NOW - 10 * DAY, NOW, 6),
          from: START - 28 * DAY,
          to: NOW + 14 * DAY,
        }),
    ],
    [
      'on a holiday at -35%',
      () => shop({ perDay: 1_000, factor: between(NOW - 12 * HOUR, NOW + 12 * HOUR, 0.65) }),
    ],
    [
      'on a dull evening at half the usual of a very regular giant',
      () => shop({ perDay: 1_000, factor: between(NOW, NOW + 9 * HOUR, 0.5) }),
    ],
    [
      'the days after a promotion',
      () =>
        shop({
          perDay: 200,
          factor: (at) =>
            between(NOW - 60 * HOUR, NOW - 12 * HOUR, 4)(at) *
            between(NOW - 12 * HOUR, NOW + 12 * HOUR, 0.85)(at),
        }),
    ],
    [
      'in the weeks after a promotion in the second week of a tenant',
      () => {
        const from = NOW - 12 * HOUR - 20 * DAY
        return shop({ perDay: 180, from, factor: between(from + 11 * DAY, from + 14 * DAY, 3.5), seed: 3 })
      },
    ],
    [
      'when a tenant of three a day has five hours of nothing',
      () => shop({ perDay: 3, factor: between(NOW, NOW + 5 * HOUR, 0) }),
    ],
    [
      'in the first two weeks',
      () =>
        shop({
          perDay: 100,
          from: NOW - 12 * DAY,
          factor: between(NOW, NOW + 40 * HOUR, 0),
          to: NOW + 40 * HOUR,
        }),
    ],
    [
      'when renewals come on one day of the month',
      () => shop({ perDay: 100, factor: (at) => (Math.floor((at - START) / DAY) % 30 === 3 ? 8 : 1) }),
    ],
    [
      'after one giant payment among small ones',
      () =>
        shop({
          perDay: 50,
          amount: (at, random) =>
            (at > NOW - 6 * DAY && at < NOW - 5.9 * DAY ? 5_000_000 : 1_000 + 3_000 * random()) | 0,
        }),
    ],
    [
      'when delivery stops for eight hours and everything comes after',
      () =>
        shop({ perDay: 500 }).map((fact) =>
          fact.at >= NOW && fact.at < NOW + 8 * HOUR ? { ...fact, lag: NOW + 8 * HOUR - fact.at } : fact,
        ),
    ],
    [
      'when delivery stops for eight hours and what it held is lost',
      () => shop({ perDay: 500, factor: between(NOW, NOW + 8 * HOUR, 0) }),
    ],
  ]
  it.each(cases)('%s', (_, facts) => {
    expect(judge(facts())).toEqual([])
  })
})

/** Other events go on, so that delivery is not what is missing. */
const others = (facts: readonly Fact[]): Fact[] => {
  const random = seeded(99)
  const last = Math.max(...facts.map(({ at }) => at))
  return [...facts, ...arrivals(START, last, () => 12, random).map(arrived)]
}

describe('REVENUE_DROP fires', () => {
  it('at -97% for ten hours at 100 a day, and says what is missing', () => {
    const [incident, ...rest] = judge(
      others(shop({ perDay: 100, factor: between(NOW, NOW + 10 * HOUR, 0.03) })),
    )
    expect(rest).toEqual([])
    expect(incident).toMatchObject({ severity: 'CRITICAL', impact: { currency: 'usd' } })
    expect(incident?.detectedAt).toBeLessThanOrEqual(NOW + 12 * HOUR)
    expect(incident?.message).toMatch(
      /^Revenue is about \d\d% below usual: in the \d+ (hours|days) from \w{3} \d/,
    )
    expect(incident?.advice).toMatch(/^Fewer payments come/)
    expect(incident?.evidence[0]).toMatchObject({
      name: 'share of usual revenue',
      expected: 1,
      threshold: 0.7,
    })
    expect(incident?.impact?.amount).toBeGreaterThan(0)
    expect(incident?.series.length).toBeGreaterThan(70)
  })

  it('at -70% for a day at 200 a day', () => {
    expect(judge(others(shop({ perDay: 200, factor: between(NOW, NOW + DAY, 0.3) })))).toHaveLength(1)
  })

  it('at -50% for three days at 200 a day', () => {
    expect(judge(others(shop({ perDay: 200, factor: between(NOW, NOW + 3 * DAY, 0.5) })))).toHaveLength(1)
  })

  it('at prices of a tenth for a day, and says that payments are smaller', () => {
    const [incident] = judge(
      others(
        shop({
          perDay: 100,
          amount: (at, random) => Math.round((2_000 + 3_000 * random()) * between(NOW, NOW + DAY, 0.1)(at)),
        }),
      ),
    )
    expect(incident?.advice).toContain('smaller')
  })

  it('at prices of a tenth where a few payments come in several currencies', () => {
    const cheap = (at: Seconds, random: () => number) =>
      Math.round(1_000 * Math.exp(2 * random()) * between(NOW, NOW + DAY, 0.1)(at))
    const sold = ['usd', 'eur', 'cad'].map((currency, i) =>
      shop({ perDay: 18, currency, seed: i + 1, from: NOW - 19 * DAY, amount: cheap }),
    )
    const incidents = judge(others(sold.flat()))
    expect(incidents).toHaveLength(1)
    expect(incidents[0]?.advice).toMatch(/^As many payments come in as ever, but they are smaller/)
  })

  it('at -97% when a trickle is all that arrives, and the silences in it are none of delivery', () => {
    const [incident, ...rest] = judge(shop({ perDay: 150, factor: between(NOW, NOW + 20 * HOUR, 0.03) }))
    expect(rest).toEqual([])
    expect(incident?.severity).toBe('CRITICAL')
    expect(incident?.detectedAt).toBeLessThan(NOW + 20 * HOUR)
  })

  it('when one currency of three fails, and names it', () => {
    const facts = [
      ...shop({ perDay: 200 }),
      ...shop({ perDay: 150, currency: 'eur', seed: 2, factor: between(NOW, NOW + 2 * DAY, 0.02) }),
      ...shop({ perDay: 100, currency: 'jpy', seed: 3, amount: () => 900 }),
    ]
    const [incident] = judge(facts)
    expect(incident?.title).toContain('EUR')
    expect(incident?.impact?.currency).toBe('eur')
  })

  it('at the tenant`s own bound, and not below', () => {
    const facts = others(shop({ perDay: 300, factor: between(NOW, NOW + 2 * DAY, 0.4) }))
    expect(judge(facts, { settings: { minDrop: 0.8 } })).toEqual([])
    expect(judge(facts, { settings: { minDrop: 0.4 } })).toHaveLength(1)
  })
})

describe('an incident of REVENUE_DROP', () => {
  it('ends where revenue came back', () => {
    const [incident] = judge(others(shop({ perDay: 200, factor: between(NOW, NOW + 30 * HOUR, 0.05) })))
    expect(Math.abs((incident?.endedAt ?? 0) - (NOW + 30 * HOUR))).toBeLessThan(12 * HOUR)
    expect(incident?.status).toBe('RESOLVED')
  })

  it('does not become normal', () => {
    const factor = (at: Seconds) =>
      between(NOW, NOW + DAY, 0.05)(at) * between(NOW + 7 * DAY, NOW + 8 * DAY, 0.05)(at)
    expect(judge(others(shop({ perDay: 200, factor, to: NOW + 10 * DAY })))).toHaveLength(2)
  })

  it('that goes on for seven days ends as the new usual, and stays quiet then', () => {
    const facts = others(shop({ perDay: 200, factor: between(NOW, NOW + 30 * DAY, 0.4), to: NOW + 25 * DAY }))
    const [incident, ...rest] = judge(facts)
    expect(rest).toEqual([])
    expect(incident?.message).toContain('now taken as usual')
  })
})

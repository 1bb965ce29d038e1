import { describe, expect, it } from 'vitest'
import { revenueDrop } from '../../src/detection/detectors/revenue-drop/detector.ts'
import { webhookLag } from '../../src/detection/detectors/webhook-lag/detector.ts'
import type { ChargeCaptured } from '../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds, WEEK } from '../../src/time.ts'
import { driveHistory, type Late } from '../support/drive.ts'
import { captured } from '../support/facts.ts'
import { arrivals, MONDAY, seeded } from '../support/times.ts'

interface Trade {
  perDay: number
  /** Hours east of UTC. */
  zone: number
  opens: number
  closes: number
  /** Local weekdays (0 is Sunday) without trade. */
  closedOn?: readonly number[]
  weeks: number
  seed?: number
}

const START: Seconds = MONDAY - 56 * DAY

/** Payments of a business that sells nothing outside its opening hours. */
function trade({ perDay, zone, opens, closes, closedOn = [], weeks, seed = 1 }: Trade): ChargeCaptured[] {
  const random = seeded(seed)
  const rate = (at: Seconds): number => {
    const local = at + zone * HOUR
    const hour = (local % DAY) / HOUR
    const isOpen = hour >= opens && hour < closes && !closedOn.includes((Math.floor(local / DAY) + 4) % 7)
    return isOpen ? perDay / (closes - opens) : 0
  }
  return arrivals(START, START + weeks * WEEK, rate, random).map((at) =>
    captured(at, { amount: Math.round(1_000 * Math.exp(2 * random())) }),
  )
}

const judge = (facts: readonly Late[]) => driveHistory([webhookLag, revenueDrop], facts).incidents

/** Lost: never delivered. Late: delivered within an hour and a half after the end. */
const outage = (facts: readonly Late[], from: Seconds, to: Seconds, lost = false): Late[] =>
  facts.flatMap((fact) => {
    if (fact.at < from || fact.at >= to) return [fact]
    return lost ? [] : [{ ...fact, lag: to - fact.at + (fact.at % 5_400) }]
  })

const ZONES = [-10, -5, 0, 5.5, 9, 12]

describe('a weekly closing day is known by its third time', () => {
  const businesses: [name: string, trade: Omit<Trade, 'zone'>][] = [
    ['a restaurant closed on Mondays', { perDay: 40, opens: 11, closes: 23, closedOn: [1], weeks: 9 }],
    ['a busy canteen closed at weekends', { perDay: 900, opens: 7, closes: 16, closedOn: [0, 6], weeks: 7 }],
    ['a shop closed on Sundays', { perDay: 200, opens: 9, closes: 19, closedOn: [0], weeks: 9 }],
    ['a bakery closed on Wednesdays', { perDay: 450, opens: 6, closes: 14, closedOn: [3], weeks: 8 }],
  ]
  const cases = businesses.flatMap(([name, over], index) =>
    // Of each business every other zone, so that each zone has two.
    ZONES.filter((_, which) => which % 2 === index % 2).map(
      (zone, seed) => [`${name}, UTC${zone < 0 ? zone : `+${zone}`}`, { ...over, zone, seed }] as const,
    ),
  )
  it.each(cases)('%s', (_, over) => {
    const incidents = judge(trade(over))
    expect(incidents.filter(({ detectedAt }) => detectedAt >= START + 15 * DAY)).toEqual([])
    expect(incidents.length).toBeLessThanOrEqual(2)
  })
})

describe('a night is known wherever it lies in the UTC day', () => {
  it.each(ZONES)('%d hours east of UTC', (zone) => {
    for (const perDay of [30, 150, 700]) {
      const incidents = judge(trade({ perDay, zone, opens: 8, closes: 20, weeks: 5 }))
      expect(incidents).toEqual([])
    }
  })
})

describe('a real outage', () => {
  const restaurant = { perDay: 300, opens: 11, closes: 23, closedOn: [1], weeks: 9 } as const
  /** Midnight of a Wednesday in the eighth week, in the zone. */
  const wednesday = (zone: number): Seconds => START + 7 * WEEK + 2 * DAY - zone * HOUR
  it.each(ZONES)('that begins at night and lasts into the day is found, %d hours east of UTC', (zone) => {
    const day = wednesday(zone)
    for (const lost of [true, false]) {
      const facts = outage(trade({ ...restaurant, zone }), day + 4 * HOUR, day + 18 * HOUR, lost)
      const found = judge(facts).filter(({ detectedAt }) => detectedAt >= day)
      expect(found.map(({ detector }) => detector)).toEqual(['WEBHOOK_LAG'])
      expect(found[0]?.detectedAt).toBeLessThan(day + 17 * HOUR)
    }
  })

  it.each(ZONES)('in the day after a closing day is found, %d hours east of UTC', (zone) => {
    const tuesday = wednesday(zone) - DAY
    const facts = outage(trade({ ...restaurant, zone }), tuesday + 10 * HOUR, tuesday + 19 * HOUR)
    const found = judge(facts).filter(({ detectedAt }) => detectedAt >= tuesday)
    expect(found.map(({ detector }) => detector)).toEqual(['WEBHOOK_LAG'])
    expect(found[0]?.detectedAt).toBeLessThan(tuesday + 19 * HOUR)
  })

  it('is found again a week later, at the same hours, since its events had come late', () => {
    const day = wednesday(0)
    const facts = trade({ ...restaurant, zone: 0 })
    const twice = outage(
      outage(facts, day - WEEK + 12 * HOUR, day - WEEK + 18 * HOUR),
      day + 12 * HOUR,
      day + 18 * HOUR,
    )
    const found = judge(twice).filter(({ detectedAt }) => detectedAt >= day - WEEK)
    expect(found).toHaveLength(2)
  })
})

describe('a young baseline', () => {
  const dense = (day: Seconds, number: number): ChargeCaptured[] =>
    Array.from({ length: number }, (_, i) => captured(day + i * 65, { amount: 2_900 }))
  it.each([40, 250, 1_200])(
    'of one dense day and weeks of nothing is a merchant who bills on the 1st (%d)',
    (n) => {
      const firsts = [Date.UTC(2025, 0, 1), Date.UTC(2025, 1, 1), Date.UTC(2025, 2, 1), Date.UTC(2025, 3, 1)]
      const facts = firsts.flatMap((first) => dense(first / 1_000 + HOUR, n))
      expect(judge(facts)).toEqual([])
    },
  )

  it('of one busy week is no promise of the next', () => {
    const week = trade({ perDay: 300, zone: 0, opens: 0, closes: 24, weeks: 1 })
    expect(judge([...week, ...dense(START + 16 * DAY, 20)])).toEqual([])
  })
})

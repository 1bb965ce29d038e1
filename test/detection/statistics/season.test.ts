import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HourSlots, hourOf, nextHour, OPEN_HOURS } from '../../../src/detection/statistics/hours.ts'
import { PRIORS, Season, type SeasonSpec } from '../../../src/detection/statistics/season.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { arrivals, daily, MONDAY, seeded } from '../../support/times.ts'

const SPEC: SeasonSpec = {
  delay: 24,
  priors: PRIORS,
  dispersion: { prior: 0.1, young: 0.1, youngDays: 13, floor: 0.003 },
}
const NEVER = () => []

/** Feeds a stream hour by hour, learning as it goes. */
function fed(
  rate: (at: Seconds) => number,
  days: number,
  over: { spec?: SeasonSpec; seed?: number; from?: Seconds } = {},
): Season {
  const from = over.from ?? MONDAY
  const season = new Season(over.spec ?? SPEC)
  for (const at of arrivals(from, from + days * DAY, rate, seeded(over.seed ?? 1))) {
    season.advance(at, NEVER)
    season.add(at)
  }
  season.advance(from + days * DAY, NEVER)
  return season
}

describe('a season', () => {
  it('expects of each hour what that hour of the week usually has', () => {
    const rate = daily(2_000, 0.2)
    const season = fed(rate, 42)
    const week = MONDAY + 42 * DAY
    for (const hours of [3, 15, 40, 5 * 24 + 15, 6 * 24 + 2]) {
      const usual = rate(week + hours * HOUR)
      expect(season.usual(hourOf(week) + hours) / usual).toBeGreaterThan(0.75)
      expect(season.usual(hourOf(week) + hours) / usual).toBeLessThan(1.3)
    }
    expect(season.expected(week, week + 7 * DAY) / (((2_000 * 5.4) / 7) * 7)).toBeCloseTo(1, 1)
  })

  it('stays flat for a small tenant', () => {
    const season = fed(daily(3), 28)
    const hour = hourOf(MONDAY + 28 * DAY)
    const within = Array.from({ length: 24 }, (_, i) => season.usual(hour + i))
    expect(Math.max(...within) / Math.min(...within)).toBeLessThan(4)
  })

  it('learns a day half a day after it ended with a delay of one day, and sixty hours after with three', () => {
    for (const [delay, after] of [
      [24, 12],
      [72, 60],
    ] as const) {
      const season = new Season({ ...SPEC, delay })
      season.add(MONDAY)
      season.advance(MONDAY + DAY + after * HOUR - 1, NEVER)
      expect(season.learned).toBe(0)
      season.advance(MONDAY + DAY + after * HOUR, NEVER)
      expect(season.learned).toBe(1)
    }
  })

  it('knows a weekday from the first week on, whatever day it began with', () => {
    for (let first = 0; first < 7; first++) {
      const season = fed(daily(500, 0.1), 8, { from: MONDAY + first * DAY })
      const saturday = hourOf(MONDAY + 12 * DAY)
      expect(season.expected(saturday * HOUR, saturday * HOUR + DAY)).toBeLessThan(130)
    }
  })

  it('does not let one renewal day of the first week shape the weeks to come', () => {
    const season = fed(
      (at) => daily(200)(at) * (at >= MONDAY + 2 * DAY && at < MONDAY + 3 * DAY ? 10 : 1),
      22,
    )
    const wednesday = MONDAY + 23 * DAY
    expect(season.expected(wednesday, wednesday + DAY)).toBeLessThan(320)
  })

  it('clips a wild day, and takes a new course from the fifth day on', () => {
    const jump = (days: number) => (at: Seconds) =>
      daily(200)(at) * (at >= MONDAY + 21 * DAY && at < MONDAY + (21 + days) * DAY ? 6 : 1)
    expect(fed(jump(1), 24).perDay).toBeLessThan(230)
    expect(fed(jump(9), 32).perDay).toBeGreaterThan(500)
  })

  it('replaces the hours of an incident by the usual', () => {
    const season = new Season(SPEC)
    for (const at of arrivals(MONDAY, MONDAY + 24 * DAY, daily(200), seeded(2))) {
      season.advance(at, NEVER)
      if (at >= MONDAY + 21 * DAY && at < MONDAY + 22 * DAY) {
        season.trouble(MONDAY + 21 * DAY)
        season.add(at, 20)
      } else {
        season.calm(MONDAY + 22 * DAY)
        season.add(at)
      }
    }
    season.advance(MONDAY + 24 * DAY, NEVER)
    expect(season.perDay).toBeGreaterThan(175)
    expect(season.perDay).toBeLessThan(225)
  })

  it('neither counts nor expects dark hours', () => {
    const season = new Season(SPEC)
    const from = MONDAY + 20 * DAY + 6 * HOUR
    const to = from + 12 * HOUR
    const dark = (begin: Seconds, end: Seconds) =>
      Array.from({ length: 12 }, (_, i) => from + i * HOUR).filter((hour) => hour >= begin && hour < end)
    for (const at of arrivals(MONDAY, MONDAY + 24 * DAY, daily(200), seeded(3))) {
      season.advance(at, dark)
      if (at < from || at >= to) season.add(at)
    }
    season.advance(MONDAY + 24 * DAY, dark)
    expect(season.perDay).toBeGreaterThan(180)
  })

  it('takes the level of the last three days when a change has come to stay', () => {
    const season = fed((at) => daily(200)(at) * (at >= MONDAY + 21 * DAY ? 0.2 : 1), 24)
    season.adopt(MONDAY + 24 * DAY, NEVER)
    expect(season.perDay).toBeGreaterThan(25)
    expect(season.perDay).toBeLessThan(60)
  })

  it('learns how much whole days vary', () => {
    const random = seeded(4)
    const moods = Array.from({ length: 60 }, () => (random() < 0.5 ? 0.6 : 1.4))
    const wild = fed((at) => daily(300)(at) * (moods[Math.floor((at - MONDAY) / DAY)] ?? 1), 56)
    const steady = fed(daily(300), 56)
    expect(steady.dispersion).toBeLessThan(0.03)
    expect(wild.dispersion).toBeGreaterThan(0.08)
  })

  it('is the same after any trips through JSON, and small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 20, max: 400 }), (seed, every) => {
        const kept = new Season(SPEC)
        let revived = new Season(SPEC)
        for (const [i, at] of arrivals(MONDAY, MONDAY + 12 * DAY, daily(60), seeded(seed)).entries()) {
          if (i % every === 0) revived = new Season(SPEC, JSON.parse(JSON.stringify(revived)))
          for (const season of [kept, revived]) {
            season.advance(at, NEVER)
            season.add(at, 1.3)
          }
        }
        expect(JSON.stringify(revived)).toBe(JSON.stringify(kept))
        expect(JSON.stringify(kept).length).toBeLessThan(3_500)
      }),
      { numRuns: 10 },
    )
  })

  it('of one currency borrows the shape of the pooled one', () => {
    const pooled = fed(daily(500, 0.1), 28)
    const own = new Season(SPEC, undefined, pooled)
    for (const at of arrivals(MONDAY, MONDAY + 28 * DAY, daily(50, 0.1), seeded(9))) {
      own.advance(at, NEVER)
      own.add(at)
    }
    own.advance(MONDAY + 28 * DAY, NEVER)
    const saturday = MONDAY + 33 * DAY
    expect(own.expected(saturday, saturday + DAY)).toBeLessThan(12)
    expect(own.expected(MONDAY + 28 * DAY, MONDAY + 29 * DAY)).toBeGreaterThan(38)
    expect(JSON.stringify(own).length).toBeLessThan(1_000)
  })
})

describe('hour slots', () => {
  it('add to the hour of a fact in whatever order, as far back as they are open', () => {
    const hours = new HourSlots()
    expect([hours.add(1_000, 2), hours.add(998, 1), hours.add(1_000, 1)]).toEqual([true, true, true])
    expect([hours.at(1_000), hours.at(999), hours.at(998)]).toEqual([3, 0, 1])
    expect(hours.between(998, 1_001)).toBe(4)
    expect(hours.add(1_000 - OPEN_HOURS, 5)).toBe(false)
    hours.add(1_000 + OPEN_HOURS, 1)
    expect([hours.at(1_000), hours.between(0, 3_000)]).toEqual([0, 1])
  })

  it('know where hours begin', () => {
    expect([hourOf(MONDAY + 3_599) * HOUR, nextHour(MONDAY), nextHour(MONDAY + 3_599)]).toEqual([
      MONDAY,
      MONDAY + HOUR,
      MONDAY + HOUR,
    ])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dates, mostUnseen } from '../../../src/detection/statistics/dates.ts'
import { hourOf } from '../../../src/detection/statistics/hours.ts'
import { PRIORS, Season, type SeasonSpec } from '../../../src/detection/statistics/season.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { arrivals, daily, seeded } from '../../support/times.ts'

const at = (date: string): Seconds => Date.parse(`${date}T00:00:00Z`) / 1_000
const dayOf = (date: string): number => at(date) / DAY

const [ORDINARY, FIRST, NEXT_FIRST] = [dayOf('2026-03-10'), dayOf('2026-03-01'), dayOf('2026-04-01')]
const [BLACK_FRIDAY, A_YEAR_LATER] = [dayOf('2025-11-28'), dayOf('2026-11-27')]

describe('a day like none in the last four weeks', () => {
  it('has a wider band, a day of the year more so than one of the month', () => {
    const dates = new Dates()
    expect([dates.most(ORDINARY), dates.least(ORDINARY)]).toEqual([1, 1])
    expect(dates.most(FIRST)).toBeGreaterThan(1.2)
    expect(dates.most(BLACK_FRIDAY)).toBeGreaterThan(dates.most(FIRST))
    expect(dates.least(BLACK_FRIDAY)).toBeLessThan(0.8)
    expect(dates.least(FIRST)).toBe(1)
    expect(mostUnseen(BLACK_FRIDAY * DAY + 5 * HOUR)).toBe(dates.most(BLACK_FRIDAY))
  })

  it('of a month is known by its second time', () => {
    const dates = new Dates()
    dates.learn(FIRST, 600, 100)
    expect(dates.ratio(NEXT_FIRST)).toBe(1)
    dates.learn(NEXT_FIRST, 600, 100)
    expect(dates.ratio(dayOf('2026-05-01'))).toBeGreaterThan(4.5)
    expect(dates.most(dayOf('2026-05-01'))).toBeGreaterThan(5)
    expect(dates.least(dayOf('2026-05-01'))).toBe(1)
    expect(dates.ratio(dayOf('2026-05-15'))).toBe(1)
  })

  it('of a year is known when it comes again', () => {
    const dates = new Dates()
    dates.learn(BLACK_FRIDAY, 900, 300)
    expect(dates.ratio(A_YEAR_LATER)).toBeGreaterThan(2.5)
    expect(dates.most(A_YEAR_LATER)).toBeGreaterThan(3)
  })

  it('is judged more narrowly each time that it was as any other', () => {
    const dates = new Dates()
    const widths = Array.from({ length: 5 }, () => {
      dates.learn(FIRST, 1_000, 1_000)
      return dates.most(NEXT_FIRST)
    })
    expect([...widths].sort((a, b) => b - a)).toEqual(widths)
    expect(widths.at(-1)).toBeLessThan(1.13)
  })

  it('says little of a small tenant', () => {
    const dates = new Dates()
    for (let i = 0; i < 3; i++) dates.learn(FIRST, 5, 1)
    expect(dates.ratio(NEXT_FIRST)).toBeLessThan(1.6)
  })

  it('makes nothing stricter than an ordinary day, and survives storage as it is', () => {
    const visit = fc.tuple(fc.integer({ min: 20_000, max: 21_000 }), fc.nat(2_000), fc.nat(2_000))
    fc.assert(
      fc.property(fc.array(visit, { maxLength: 60 }), (visits) => {
        const dates = new Dates()
        let stored = new Dates()
        for (const [day, seen, usual] of visits) {
          for (const one of [dates, stored]) one.learn(day, seen, usual)
          stored = new Dates(stored.toJSON())
        }
        expect(stored.toJSON()).toBe(dates.toJSON())
        expect((dates.toJSON() ?? '').length).toBeLessThan(450)
        for (let day = 20_000; day < 20_800; day++) {
          expect(dates.most(day)).toBeGreaterThanOrEqual(1)
          expect(dates.least(day)).toBeLessThanOrEqual(1)
          expect(stored.most(day)).toBe(dates.most(day))
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('a season of months', () => {
  const SPEC: SeasonSpec = {
    delay: 72,
    priors: PRIORS,
    dispersion: { prior: 0.03, young: 0.03, youngDays: 18, floor: 0.02 },
  }
  const START = at('2025-09-02')

  function fed(times: (date: Date) => number, to: Seconds, spec = SPEC): Season {
    const season = new Season(spec)
    const rate = (when: Seconds) => daily(300)(when) * times(new Date(when * 1_000))
    for (const when of arrivals(START, to, rate, seeded(5))) {
      season.advance(when, () => [])
      season.add(when)
    }
    return season
  }
  const onFirst = (date: Date): number => (date.getUTCDate() === 1 ? 4 : 1)
  const dayIn = (season: Season, date: string, weigh: 'most' | 'least'): number =>
    season.expected(at(date), at(date) + DAY, season[weigh]) / season.perDay

  it('knows the 1st where two have been seen', () => {
    const young = fed(onFirst, at('2025-10-28'))
    expect(dayIn(young, '2025-11-01', 'most')).toBeLessThan(2)
    const seasoned = fed(onFirst, at('2026-01-28'))
    expect(dayIn(seasoned, '2026-02-01', 'most')).toBeGreaterThan(3.5)
  })

  it('does not take what the 1st has more for a higher level, or for days that vary', () => {
    const with1st = fed(onFirst, at('2026-03-06'))
    const without = fed(() => 1, at('2026-03-06'))
    expect(with1st.perDay / without.perDay).toBeLessThan(1.06)
    expect(with1st.dispersion).toBeLessThan(without.dispersion + 0.02)
  })

  it('expects of the last day of a month what it lacks', () => {
    const season = fed(
      (date) => (new Date(date.getTime() + DAY * 1_000).getUTCDate() === 1 ? 0.3 : 1),
      at('2026-04-28'),
    )
    expect(dayIn(season, '2026-04-30', 'least')).toBeLessThan(0.45)
  })

  it('expects on Black Friday what came on the last one', () => {
    const season = fed(
      (date) => (Math.floor(date.getTime() / 1_000 / DAY) === BLACK_FRIDAY ? 5 : 1),
      at('2026-11-25'),
    )
    expect(dayIn(season, '2026-11-27', 'most')).toBeGreaterThan(3.5)
    expect(dayIn(season, '2026-11-26', 'most')).toBeLessThan(2)
  })

  it('lends its months to the season of one currency', () => {
    const pooled = fed(onFirst, at('2026-01-28'))
    const own = new Season(SPEC, undefined, pooled)
    expect(own.most(hourOf(at('2026-02-01')))).toBe(pooled.most(hourOf(at('2026-02-01'))))
  })
})

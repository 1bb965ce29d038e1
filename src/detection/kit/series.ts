import { HOUR, type Seconds } from '../../time.ts'
import type { SeriesPoint } from '../detector.ts'
import { spread } from '../statistics/deviance.ts'
import { hourOf, OPEN_HOURS } from '../statistics/hours.ts'
import type { Season } from '../statistics/season.ts'

/** Nine of ten ordinary hours lie within this many standard deviations. */
const NINE_OF_TEN = 1.65

/**
 * What each of the last hours saw against what is usual for it.
 * @param until time up to which to show; its own hour is shown as far as it has come
 * @param unit mean size of a unit, 1 for plain counts
 */
export function seasonSeries(season: Season, until: Seconds, unit = 1): SeriesPoint[] {
  const last = hourOf(until)
  return Array.from({ length: OPEN_HOURS - 12 }, (_, i) => last - (OPEN_HOURS - 13) + i).map((hour) => {
    const expected = season.usual(hour)
    const reach = NINE_OF_TEN * spread(expected, season.dispersion, unit)
    return {
      at: hour * HOUR,
      observed: season.hours.at(hour),
      expected,
      lower: Math.max(0, expected - reach),
      upper: expected + reach,
    }
  })
}

/** A share of `units` that was bad, with the band that nine of ten such shares lie in. */
export function sharePoint(at: Seconds, bad: number, units: number, usual: number): SeriesPoint {
  const reach = NINE_OF_TEN * Math.sqrt((usual * (1 - usual)) / units)
  const [lower, upper] = [Math.max(0, usual - reach), Math.min(1, usual + reach)]
  return { at, observed: bad / units, expected: usual, lower, upper }
}

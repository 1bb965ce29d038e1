import { zoneNamed } from '../../calendar/zone.ts'
import { HOUR, type Seconds } from '../../time.ts'

export const INTERVALS = ['HOUR', 'DAY', 'WEEK'] as const
export type Interval = (typeof INTERVALS)[number]

/**
 * Starts of the spans that cover [from, to): hours of UTC, days and weeks (from Monday) of the zone. The first one
 * holds `from`. A day is as long as its zone makes it, 23 to 25 hours.
 */
export function* stepsBetween(
  from: Seconds,
  to: Seconds,
  interval: Interval,
  zone: string,
): Generator<Seconds> {
  if (interval === 'HOUR') {
    for (let at = Math.floor(from / HOUR) * HOUR; at < to; at += HOUR) yield at
    return
  }
  const local = zoneNamed(zone)
  const step = interval === 'DAY' ? 1 : 7
  let day = local.dayOf(from)
  // Day 0 was a Thursday.
  if (interval === 'WEEK') day -= (((day + 3) % 7) + 7) % 7
  for (let at = local.startOf(day); at < to; day += step, at = local.startOf(day)) yield at
}

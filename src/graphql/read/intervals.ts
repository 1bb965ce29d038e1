import { zoneNamed } from '../../calendar/zone.ts'
import { HOUR, type Seconds } from '../../time.ts'

export const INTERVALS = ['HOUR', 'DAY', 'WEEK'] as const
export type Interval = (typeof INTERVALS)[number]

/**
 * Starts of the spans that cover [from, to): hours, days and weeks (from Monday) of the zone. The first one holds
 * `from`. A day is as long as its zone makes it, 23 to 25 hours; an hour in which the clocks change by a half is shorter.
 */
export function* stepsBetween(
  from: Seconds,
  to: Seconds,
  interval: Interval,
  zone: string,
): Generator<Seconds> {
  const local = zoneNamed(zone)
  if (interval === 'HOUR') {
    const startOfHour = (at: Seconds): Seconds => at - ((((at + local.offset(at)) % HOUR) + HOUR) % HOUR)
    for (let at = startOfHour(from); at < to; at = startOfHour(at + HOUR)) yield at
    return
  }
  const step = interval === 'DAY' ? 1 : 7
  let day = local.dayOf(from)
  // Day 0 was a Thursday.
  if (interval === 'WEEK') day -= (((day + 3) % 7) + 7) % 7
  let last = Number.NEGATIVE_INFINITY
  for (let at = local.startOf(day); at < to; day += step, at = local.startOf(day)) {
    // A day that the zone skipped begins where the next one does.
    if (at > last) yield at
    last = at
  }
}

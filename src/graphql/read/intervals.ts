import { DAY, HOUR, type Seconds } from '../../time.ts'

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
  const local = localClock(zone)
  const step = interval === 'DAY' ? 1 : 7
  let day = local.dayOf(from)
  // Day 0 was a Thursday.
  if (interval === 'WEEK') day -= (((day + 3) % 7) + 7) % 7
  for (let at = local.startOf(day); at < to; day += step, at = local.startOf(day)) yield at
}

/** A zone's calendar, with days counted since 1970-01-01. */
function localClock(zone: string) {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  /** Seconds by which the zone's clocks are ahead of UTC at a moment. */
  const offsetAt = (at: Seconds): Seconds => {
    const part = Object.fromEntries(
      parts.formatToParts(at * 1_000).map(({ type, value }) => [type, Number(value)]),
    )
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1_000 - at
  }
  const dayOf = (at: Seconds): number => Math.floor((at + offsetAt(at)) / DAY)
  return {
    dayOf,
    /** The first moment of a day: midnight, or where that is skipped the moment the clocks jump to. */
    startOf(day: number): Seconds {
      const midnight = day * DAY
      // The offset before and after a change of the clocks; of two midnights the earlier begins the day.
      const guesses = [offsetAt(midnight - DAY), offsetAt(midnight), offsetAt(midnight + DAY)].map(
        (offset) => midnight - offset,
      )
      const starts = guesses.filter((at) => dayOf(at) === day && dayOf(at - 1) < day)
      return starts.length > 0 ? Math.min(...starts) : Math.max(...guesses.filter((at) => dayOf(at) <= day))
    },
  }
}

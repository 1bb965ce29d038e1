import type { Calendar } from '../../../calendar/calendar.ts'
import { HOUR, type Seconds } from '../../../time.ts'
import { type Holidays, kindOf, sellsOnHolidays } from '../../kit/holidays.ts'
import { hourOf } from '../../statistics/hours.ts'
import type { Season, Weigh } from '../../statistics/season.ts'

/**
 * A shop that is closed on a holiday is silent from the evening before. An outage begins at any hour, and then some of
 * what was usual before the holiday is missing, too.
 */

/** A stretch in which nothing arrived. */
export interface Quiet {
  from: Seconds
  to: Seconds
}

/** With no more than this part of a day's trade to be expected before the holiday begins, the silence began at closing time. */
const AT_CLOSING = 0.1
/** A silence that began longer ago closes no more days. */
const LONGEST_HOURS = 10 * 24

export interface Shop {
  holidays: Holidays
  season: Season
  calendar: Calendar
}

/**
 * The local holidays that the tenant was closed on, as silences show that began at a usual closing time; none of a
 * tenant that sells on holidays.
 * @param quiets oldest first
 * @param weigh what part of the usual is expected of an hour by all else that is known
 */
export function closedHolidays(shop: Shop, quiets: readonly Quiet[], weigh: Weigh): ReadonlySet<number> {
  const closed = new Set<number>()
  if (!sellsOnHolidays(shop.holidays)) for (const quiet of quiets) closeIn(shop, quiet, weigh, closed)
  return closed
}

function closeIn({ season, calendar }: Shop, { from, to }: Quiet, weigh: Weigh, closed: Set<number>): void {
  const end = Math.min(hourOf(to), hourOf(from) + LONGEST_HOURS)
  let missing = 0
  let day = calendar.localDay(from)
  if (!closed.has(day) && kindOf(calendar, day) !== undefined) {
    // It may close after midnight: what was usual of this day until then says whether it has opened.
    const [begin, next] = [calendar.startOfDay(day), calendar.startOfDay(day + 1)]
    if (season.expected(begin, from) <= AT_CLOSING * season.expected(begin, next)) closed.add(day)
  }
  for (let hour = hourOf(from) + 1; hour <= end; hour++) {
    const its = calendar.localDay(hour * HOUR)
    if (its !== day) {
      day = its
      const usual = season.expected(calendar.startOfDay(day), calendar.startOfDay(day + 1))
      if (kindOf(calendar, day) !== undefined && missing <= AT_CLOSING * usual) closed.add(day)
    }
    if (!closed.has(day)) missing += weigh(hour) * season.usual(hour)
  }
}

import type { Calendar } from '../../calendar/calendar.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { hourOf } from '../statistics/hours.ts'
import type { Dark, Season } from '../statistics/season.ts'

/** A public holiday, or a day that only some take off: between holidays, or because of one of another region. */
type Kind = 'holiday' | 'bridge'

/**
 * How much of an ordinary day's trade the tenant has had on the holidays that passed, as far as it is certain: with
 * none known a day without trade is no surprise, and with each that was as usual more is expected of the next. Plain data.
 */
export interface Holidays {
  /** Number of the newest local day that was looked at; 0 before the first. */
  through: number
  /** How many days, and the sum of their shares of an ordinary day. */
  seen: Record<Kind, number>
  shares: Record<Kind, number>
}

export const newHolidays = (): Holidays => ({
  through: 0,
  seen: { holiday: 0, bridge: 0 },
  shares: { holiday: 0, bridge: 0 },
})

/** One unknown day without any trade is believed in beside those that are known. */
const DOUBT = 1
/** Habits change: the newest this many count. */
const MEMORY = 12
/** By then a day's late deliveries are there. */
const SETTLED: Seconds = DAY / 2
const OPEN_DAYS = 3

/** Where Christmas is kept, trade comes back after this day of January. */
const EPIPHANY = 6

/** Weekends beside a holiday are long ones, and days between free ones are taken off, as are those from Christmas on. */
export function kindOf(calendar: Calendar, day: number): Kind | undefined {
  const holiday = calendar.holidayOn(day)
  if (holiday !== undefined) return holiday.extent === 'NATIONAL' ? 'holiday' : 'bridge'
  const { month, dayOfMonth } = calendar.dateOf(day)
  if (month === 12 && dayOfMonth >= 24 && isHoliday(calendar, day - dayOfMonth + 25)) return 'bridge'
  if (month === 1 && dayOfMonth <= EPIPHANY && isHoliday(calendar, day - dayOfMonth - 6)) return 'bridge'
  const isBeside = isHoliday(calendar, day - 1) || isHoliday(calendar, day + 1)
  return isBeside && isFree(calendar, day - 1) && isFree(calendar, day + 1) ? 'bridge' : undefined
}

const isHoliday = (calendar: Calendar, day: number): boolean => calendar.holidayOn(day) !== undefined

const isFree = (calendar: Calendar, day: number): boolean =>
  calendar.dateOf(day).weekday >= 5 || isHoliday(calendar, day)

/** Which part of an ordinary day may be counted on, from 0 to 1. */
export function shareOn({ seen, shares }: Holidays, calendar: Calendar, day: number): number {
  const kind = kindOf(calendar, day)
  return kind === undefined ? 1 : shares[kind] / (seen[kind] + DOUBT)
}

/** With this part of an ordinary day's trade on the holidays that passed, the tenant is open on most of them. */
const SELLS = 0.75

/** Whether the tenant is known to sell on holidays: then it does so on days beside them, too. */
export const sellsOnHolidays = ({ seen, shares }: Holidays): boolean =>
  seen.holiday > 0 && shares.holiday >= SELLS * seen.holiday

/** What days of trade are not learned of: holidays are days of their own. */
export const withHolidays =
  (dark: Dark, calendar: Calendar): Dark =>
  (from, to) => [...dark(from, to), ...holidayHours(calendar, from, to)]

/** Start of each hour in [from, to) on such a day. */
function holidayHours(calendar: Calendar, from: Seconds, to: Seconds): Seconds[] {
  const hours: Seconds[] = []
  let [day, isOne] = [Number.NaN, false]
  for (let hour = hourOf(from) * HOUR; hour < to; hour += HOUR) {
    const its = calendar.localDay(hour)
    if (its !== day) [day, isOne] = [its, kindOf(calendar, its) !== undefined]
    if (isOne) hours.push(hour)
  }
  return hours
}

/**
 * Learns of the holidays that have passed, once each; those of which hours were lost teach nothing.
 * @param isLost whether any of [from, to) was lost to an outage
 */
export function learnHolidays(
  holidays: Holidays,
  season: Season,
  {
    calendar,
    now,
    isLost,
  }: { calendar: Calendar; now: Seconds; isLost(from: Seconds, to: Seconds): boolean },
): void {
  const last = calendar.localDay(now - SETTLED) - 1
  if (holidays.through === 0) holidays.through = last
  for (let day = Math.max(holidays.through, last - OPEN_DAYS) + 1; day <= last; day++) {
    const kind = kindOf(calendar, day)
    if (kind === undefined) continue
    const [from, to] = [calendar.startOfDay(day), calendar.startOfDay(day + 1)]
    const usual = season.expected(from, to)
    if (usual < 1 || isLost(from, to)) continue
    const seen = season.hours.between(hourOf(from), hourOf(to))
    if (holidays.seen[kind] >= MEMORY) {
      holidays.seen[kind] /= 2
      holidays.shares[kind] /= 2
    }
    holidays.seen[kind] += 1
    holidays.shares[kind] += Math.min(1, seen / usual)
  }
  holidays.through = Math.max(holidays.through, last)
}

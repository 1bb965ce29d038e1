import { DAY, type Seconds, toDate, toSeconds, WEEK } from '../time.ts'

export interface Period {
  interval: 'day' | 'week' | 'month' | 'year'
  count: number
}

/** Usual length of a period; a month is a twelfth of 365 days. */
export function lengthOf({ interval, count }: Period): Seconds {
  const one = { day: DAY, week: WEEK, month: (365 * DAY) / 12, year: 365 * DAY }[interval]
  return one * count
}

/** The moment `n` periods later. Months end on their last day where the day is missing, as with Stripe: 31 Jan, 28 Feb. */
export function addPeriods(at: Seconds, { interval, count }: Period, n: number): Seconds {
  if (interval === 'day') return at + n * count * DAY
  if (interval === 'week') return at + n * count * WEEK
  const date = toDate(at)
  const months = date.getUTCMonth() + n * count * (interval === 'year' ? 12 : 1)
  const lastDay = toDate(Date.UTC(date.getUTCFullYear(), months + 1, 0) / 1000).getUTCDate()
  const midnight = Date.UTC(date.getUTCFullYear(), months, Math.min(date.getUTCDate(), lastDay)) / 1000
  return midnight + (toSeconds(date) % DAY)
}

/** First turn of the period after a moment, counted from the billing cycle's anchor, which may lie ahead of it. */
export function nextTurn(anchor: Seconds, period: Period, after: Seconds): Seconds {
  let n = Math.floor((after - anchor) / lengthOf(period)) - 1
  while (addPeriods(anchor, period, n) <= after) n += 1
  return addPeriods(anchor, period, n)
}

import { DAY, HOUR, type Seconds } from '../time.ts'
import type { Price } from './entities.ts'

/** `count` calendar months after `at`, on the anchor's day of the month or the month's last. */
function addMonths(anchor: Seconds, at: Seconds, count: number): Seconds {
  const from = new Date(at * 1000)
  const day = new Date(anchor * 1000).getUTCDate()
  const month = from.getUTCMonth() + count
  const last = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const midnight = Date.UTC(from.getUTCFullYear(), month, Math.min(day, last)) / 1000
  return midnight + (at % DAY)
}

/** The end of a period that starts at `at`; months clamp to their last day and come back. */
export function periodEnd(
  { interval, count }: Pick<Price, 'interval' | 'count'>,
  anchor: Seconds,
  at: Seconds,
): Seconds {
  switch (interval) {
    case 'day':
      return at + count * DAY
    case 'week':
      return at + count * 7 * DAY
    case 'month':
      return addMonths(anchor, at, count)
    case 'year':
      return addMonths(anchor, at, 12 * count)
  }
}

/** Hours that the zone's clocks are ahead of UTC at that moment. */
export function offsetOf(zone: string, at: Seconds): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: 'longOffset',
  }).formatToParts(at * 1000)
  const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) + Number(minutes ?? 0) / 60)
}

export const hourOfDay = (at: Seconds, offsetHours: number): number =>
  Math.floor((((at / HOUR + offsetHours) % 24) + 24) % 24)

/** 0 is Sunday. */
export const weekday = (at: Seconds, offsetHours: number): number =>
  (Math.floor((at / HOUR + offsetHours) / 24) + 4) % 7

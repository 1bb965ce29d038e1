import { DAY, HOUR, MINUTE, type Seconds, toDate } from '../../time.ts'

/** How findings write times, spans and counts, so that all of them read alike. */

/** Event time for people, to the minute, in UTC: `2025-03-09 14:05 UTC`. */
export const moment = (at: Seconds): string =>
  `${toDate(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A length of time in its two largest units, rounded down: `45 seconds`, `3 hours 20 minutes`, `2 days`. */
export function span(seconds: Seconds): string {
  const whole = Math.floor(Math.abs(seconds))
  if (whole < MINUTE) return count(whole, 'second')
  const [size, name, lesser, lesserName] =
    whole < HOUR
      ? ([MINUTE, 'minute', 1, 'second'] as const)
      : whole < DAY
        ? ([HOUR, 'hour', MINUTE, 'minute'] as const)
        : ([DAY, 'day', HOUR, 'hour'] as const)
  const rest = Math.floor((whole % size) / lesser)
  const main = count(Math.floor(whole / size), name)
  return rest === 0 ? main : `${main} ${count(rest, lesserName)}`
}

/** `1 payment`, `3 payments`. */
export const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`

/** With a capital letter, as a sentence begins. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

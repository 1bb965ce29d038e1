import { DAY, HOUR, MINUTE, type Seconds } from '../../time.ts'

/** How findings write durations, counts and sentences, so that all of them read alike. Moments are the calendar's. */

/** A duration to the unit that matters: `45 seconds`, `3 hours 20 minutes`, `59 minutes`, `2 days`; rounded down. */
export function span(seconds: Seconds): string {
  const whole = Math.floor(Math.abs(seconds))
  if (whole < MINUTE) return count(whole, 'second')
  const [size, name, lesser, lesserName] =
    whole < HOUR
      ? ([MINUTE, 'minute', 1, 'second'] as const)
      : whole < DAY
        ? ([HOUR, 'hour', MINUTE, 'minute'] as const)
        : ([DAY, 'day', HOUR, 'hour'] as const)
  const units = Math.floor(whole / size)
  const rest = Math.floor((whole % size) / lesser)
  const main = count(units, name)
  return rest === 0 || units >= 10 ? main : `${main} ${count(rest, lesserName)}`
}

const UNITS = [
  [1, 'second', 100],
  [MINUTE, 'minute', 100 * MINUTE],
  [HOUR, 'hour', 2 * DAY],
  [DAY, 'day', Number.POSITIVE_INFINITY],
] as const

/** A duration that is only an estimate, in one unit: `90 minutes`, `4 hours`, `3 days`. */
export function roughSpan(seconds: Seconds): string {
  const length = Math.abs(seconds)
  const [size, name] = UNITS.find(([, , below]) => length < below) ?? UNITS[3]
  return count(Math.round(length / size), name)
}

/** `1 payment`, `3 payments`, `1,204 payments`. */
export const count = (n: number, thing: string): string => `${whole(n)} ${thing}${n === 1 ? '' : 's'}`

const grouped = new Intl.NumberFormat('en-US')

/** `12`, `1,204`. */
export const whole = (n: number): string => grouped.format(n)

/** `twice`, `3 times`. */
export const often = (n: number): string => (n === 2 ? 'twice' : count(n, 'time'))

/** A word of Stripe's as people write it: `past_due` → `past due`. */
export const plain = (name: string): string => name.replaceAll('_', ' ')

/** With a capital letter, as a sentence begins. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** One sentence of those clauses that there is something to say for. */
export const sentence = (...clauses: readonly (string | undefined)[]): string =>
  `${capital(clauses.filter((clause) => clause !== undefined).join('; '))}.`

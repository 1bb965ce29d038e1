import { HOUR, type Seconds } from '../../time.ts'

/** An average rate over the recent past: older counts fade with a half-life. Plain data. */
export interface Rate {
  since: Seconds
  at: Seconds
  sum: number
}

export const newRate = (): Rate => ({ since: 0, at: 0, sum: 0 })

export const fade = (elapsed: Seconds, halfLife: Seconds): number => 2 ** (-elapsed / halfLife)

/** Counts one at `at`; a time before the newest counts as now. */
export function count(rate: Rate, at: Seconds, halfLife: Seconds): void {
  if (rate.since === 0) {
    rate.since = at
    rate.at = at
  }
  if (at > rate.at) {
    rate.sum *= fade(at - rate.at, halfLife)
    rate.at = at
  }
  rate.sum += 1
}

/** Faded sum as of `now`. */
export const sumOf = (rate: Rate, now: Seconds, halfLife: Seconds): number =>
  rate.sum * (now > rate.at ? fade(now - rate.at, halfLife) : 1)

/** Per hour. A history shorter than `least` counts as that long, so that the first seconds make no giant of anybody. */
export function perHour(rate: Rate, now: Seconds, halfLife: Seconds, least: Seconds = HOUR): number {
  const age = Math.max(least, now - rate.since)
  const weight = (halfLife / Math.LN2) * (1 - fade(age, halfLife))
  return (HOUR * sumOf(rate, now, halfLife)) / weight
}

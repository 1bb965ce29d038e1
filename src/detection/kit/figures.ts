import { whole } from './words.ts'

/** Estimates for people: never more than two significant figures. */

/** `25%`, `7.5%`, `0.3%`. */
export function percent(share: number): string {
  const hundredths = share * 100
  return `${hundredths >= 10 ? Math.round(hundredths) : twoFigures(hundredths)}%`
}

/** The usual count that something is compared with: `fewer than 1`, `about 8`, `about 1,200`. */
export const about = (count: number): string =>
  count < 0.75 ? 'fewer than 1' : `about ${whole(twoFigures(Math.round(count)))}`

/** How many times the usual: `about 3.2 times`, `about 48 times`. */
export const times = (ratio: number): string => `about ${whole(twoFigures(ratio))} times`

const twoFigures = (value: number): number => Number(value.toPrecision(2))

/** How sure an alarm is, in words: of one that only just passed its threshold, and of one that is far beyond. */
export const sureness = (nats: number, needed: number): string =>
  `this is ${nats >= needed + 4 ? 'almost certainly' : 'very likely'} not chance`

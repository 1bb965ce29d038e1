import { HOUR, type Seconds } from '../../time.ts'

export const HOURS_A_YEAR = 8_760
export const YEAR: Seconds = HOURS_A_YEAR * HOUR

/**
 * The evidence, in nats, that raises at most `falseAlarms` a year when this many tests a year are made: a likelihood
 * ratio of g nats has at most a chance of e^-g under what is usual (README.md, "Thresholds").
 */
export const threshold = (testsAYear: number, falseAlarms: number): number =>
  Math.log(testsAYear / falseAlarms)

/** Tests a year of windows of this many hours, each looked at again and again: twice as many as fit in the year. */
export const testsOfWindows = (hours: readonly number[]): number =>
  2 * hours.reduce((sum, width) => sum + HOURS_A_YEAR / width, 0)

/** What this much evidence leaves as certainty, from 0 to 1: one minus the chance of this under the baseline. */
export const confidenceOf = (nats: number): number => Math.max(0, Math.min(1, 1 - Math.exp(-nats)))

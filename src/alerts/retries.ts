import { HOUR, MINUTE, type Seconds } from '../time.ts'

/**
 * Seconds after each failed attempt until the next: the example schedule of Standard Webhooks. The last wait is repeated
 * for as long as a kind goes on trying.
 */
const SCHEDULE: readonly Seconds[] = [
  5,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

/** Share by which each wait differs, so that receivers that come back do not get everything at one moment. */
const JITTER = 0.2

/** Between two attempts of one delivery. */
export const LONGEST_WAIT: Seconds = Math.max(...SCHEDULE) * (1 + JITTER)

/**
 * When a delivery is tried again.
 * @param attempts that have failed, at least 1
 * @param chance from 0 to 1
 * @returns undefined when it is given up
 */
export function retryAt(
  attempts: number,
  {
    firstAttemptAt,
    now,
    retryFor,
    chance,
  }: { firstAttemptAt: Date; now: Date; retryFor: Seconds; chance: number },
): Date | undefined {
  const wait = SCHEDULE[attempts - 1] ?? 24 * HOUR
  const at = new Date(now.getTime() + wait * (1 - JITTER + 2 * JITTER * chance) * 1_000)
  return at.getTime() - firstAttemptAt.getTime() <= retryFor * 1_000 ? at : undefined
}

/** From this many failed attempts in a row on the whole channel waits, not only the message that failed. */
const FAILURES_UNTIL_PAUSE = 5
const MAX_PAUSE = 5 * MINUTE

/**
 * How long a channel rests whose receiver seems to be down: with much waiting, each message would try it anew.
 * @param failuresInRow attempts that failed, with the last one
 */
export const pauseAfter = (failuresInRow: number): Seconds =>
  failuresInRow < FAILURES_UNTIL_PAUSE
    ? 0
    : Math.min(MAX_PAUSE, 5 * 2 ** (failuresInRow - FAILURES_UNTIL_PAUSE))

/** Refusals in a row that disable a channel. */
export const MAX_REFUSALS = 3

/** A channel on which everything has failed for so long is disabled. */
export const MAX_FAILING: Seconds = 5 * 24 * HOUR

import { refundSpike } from '../../../src/detection/detectors/refund-spike/detector.ts'
import type { Fact, Refunded } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { type DriveOptions, driveHistory, type Late } from '../../support/drive.ts'
import { refunded, succeeded } from '../../support/facts.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../../support/times.ts'

export const START: Seconds = MONDAY - 28 * DAY
export const NOW: Seconds = MONDAY + 9 * HOUR

/** Forty payments for each refund, and refunds in the daytime, so many a day. */
export function shop(refundsPerDay: number, to: Seconds = NOW, from: Seconds = START, seed = 1): Fact[] {
  const random = seeded(seed)
  return [
    ...arrivals(from, to, daily(40 * refundsPerDay), random).map((at) => succeeded(at)),
    ...arrivals(from, to, daily(refundsPerDay), random).map((at) => refunded(at)),
  ]
}

/** Refunds of payments made long ago. */
export const returned = (perDay: number, to: Seconds, seed: number): Fact[] =>
  arrivals(NOW, to, daily(perDay), seeded(seed)).map((at) => refunded(at))

export const burst = (
  number: number,
  within: Seconds,
  from: Seconds = NOW,
  over: Partial<Refunded> = {},
): Refunded[] => every(from, Math.floor(within / number), number).map((at) => refunded(at, over))

export const judge = (facts: readonly Late[], options?: DriveOptions) =>
  driveHistory([refundSpike], facts, options).incidents

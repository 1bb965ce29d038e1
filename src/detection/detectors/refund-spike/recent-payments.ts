import { DAY, type Seconds } from '../../../time.ts'
import { LateSums } from '../../statistics/late-sums.ts'

const SUMS = { width: DAY, delay: 3 * DAY, halfLife: 14 * DAY, keep: 16 * DAY, channels: 1 } as const
/** Refunds follow their payments within days, seldom weeks. */
const SPANS = [1, 2, 3, 7, 14] as const
/** What more is asked for by more payments than usual has a bound: a launch explains no refunds for ever. */
const MOST_TIMES = 12
/** Until about as many payments are known, nothing is said of more than usual. */
const FEWEST = 20

/** How many payments came lately against the usual, since refunds are of payments: ten times the payments on the 1st, ten times the refunds after it. */
export class RecentPayments extends LateSums {
  constructor(stored?: unknown) {
    super(SUMS, stored)
  }

  count(at: Seconds, now: Seconds): void {
    this.settle(now)
    this.add(at, 0)
  }

  /** How many times the usual number of payments the last days brought; 1 where it was no more. */
  timesUsual(now: Seconds): number {
    if (this.usual(0) < FEWEST) return 1
    const perDay = this.rate(0) * DAY
    const today = now - (now % DAY)
    const times = SPANS.map((days) => {
      const from = today - (days - 1) * DAY
      return this.sum(0, from, now + DAY) / (perDay * Math.max(1, (now - from) / DAY))
    })
    return Math.min(MOST_TIMES, Math.max(1, ...times))
  }
}

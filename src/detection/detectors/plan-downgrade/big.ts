import { DAY, type Seconds } from '../../../time.ts'
import { LateSums } from '../../statistics/late-sums.ts'

/** Days on which there was a big one, and the sum of the logarithms of their sizes; of today nothing is known yet. */
const SUMS = { width: DAY, delay: DAY, halfLife: 120 * DAY, keep: 2 * DAY, channels: 2 } as const
const DAYS = 0
const LOGS = 1
/** What has been the case on ten days within some months is the course; faded by then, ten count for seven and more. */
const COURSE = 10 * Math.SQRT1_2
/** What is this many times the usual big one is beyond it. */
const BEYOND = 3

/** Big downgrades as a tenant has them again and again. */
export class BigDowngrades extends LateSums {
  constructor(stored?: unknown) {
    super(SUMS, stored)
  }

  /** Counts one, as a multiple of what a subscription is usually worth. @returns whether it is of the usual ones */
  note(size: number, at: Seconds, newest: Seconds): boolean {
    this.settle(newest)
    const days = this.usual(DAYS)
    const isUsual = days >= COURSE && size < BEYOND * Math.exp(this.usual(LOGS) / days)
    const day = at - (at % DAY)
    if (this.sum(DAYS, day, day + DAY) === 0) {
      this.add(at, DAYS)
      this.add(at, LOGS, Math.log(size))
    }
    return isUsual
  }
}

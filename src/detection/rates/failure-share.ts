import { DAY, HOUR, type Seconds } from '../../time.ts'
import type { SeriesPoint } from '../detector.ts'
import { nextHour } from '../statistics/hours.ts'
import { LateSums } from '../statistics/late-sums.ts'
import { YEAR } from '../statistics/threshold.ts'

/** Belief about the share before anything is known: two of twelve. */
const PRIOR = { failed: 2, payments: 12 }
const PAYMENTS = 0
const FAILED = 1
const SUMS = { width: HOUR, delay: DAY, halfLife: 14 * DAY, keep: 75 * HOUR, channels: 2 }
const SHOWN_HOURS = 72

/** The usual share of failing payments: of the last weeks, as it stood a day ago. */
export class FailureShare {
  readonly #sums: LateSums

  constructor(stored?: unknown) {
    this.#sums = new LateSums(SUMS, stored)
  }

  count(at: Seconds, failed: boolean): void {
    this.#sums.add(at, PAYMENTS)
    if (failed) this.#sums.add(at, FAILED)
  }

  /** Takes in the hours that are a day old, but those of incidents. */
  settle(now: Seconds, isIncident: (from: Seconds, to: Seconds) => boolean): void {
    this.#sums.settle(now, isIncident)
  }

  get usual(): number {
    return (PRIOR.failed + this.#sums.usual(FAILED)) / this.#believed
  }

  /** The upper edge of what may be usual: high while little is known. */
  get edge(): number {
    const { usual } = this
    return Math.min(0.6, (usual + Math.sqrt((usual * (1 - usual)) / this.#believed)) * 1.1 + 0.005)
  }

  get paymentsAYear(): number {
    return this.#sums.rate(PAYMENTS) * YEAR
  }

  /** Makes the share of the last `span` the usual one. */
  adopt(now: Seconds, span: Seconds): void {
    const payments = this.#sums.sum(PAYMENTS, now - span, now)
    if (payments === 0) return
    const failed = this.#sums.sum(FAILED, now - span, now)
    const believed = Math.max(this.#sums.usual(PAYMENTS), payments)
    this.#sums.adopt(PAYMENTS, believed)
    this.#sums.adopt(FAILED, (believed * failed) / payments)
  }

  /** Failing share of each hour up to now that had payments, with the band that nine of ten hours lie in. */
  series(now: Seconds): SeriesPoint[] {
    const { usual } = this
    const last = nextHour(now)
    return Array.from({ length: SHOWN_HOURS }, (_, i) => last - (SHOWN_HOURS - i) * HOUR).flatMap((at) => {
      const payments = this.#sums.sum(PAYMENTS, at, at + HOUR)
      if (payments === 0) return []
      const observed = this.#sums.sum(FAILED, at, at + HOUR) / payments
      const reach = 1.65 * Math.sqrt((usual * (1 - usual)) / payments)
      const [lower, upper] = [Math.max(0, usual - reach), Math.min(1, usual + reach)]
      return [{ at, observed, expected: usual, lower, upper }]
    })
  }

  /** Written out here: JSON asks an object for its form only once. */
  toJSON(): unknown {
    return this.#sums.toJSON()
  }

  get #believed(): number {
    return PRIOR.payments + this.#sums.usual(PAYMENTS)
  }
}

import { DAY, HOUR, type Seconds } from '../../../time.ts'
import type { SeriesPoint } from '../../detector.ts'
import { sharePoint } from '../../kit/series.ts'
import { mostUnseen } from '../../statistics/dates.ts'
import { edgeOf } from '../../statistics/deviance.ts'
import { nextHour } from '../../statistics/hours.ts'
import { LateSums } from '../../statistics/late-sums.ts'
import type { Spans } from '../../statistics/spans.ts'
import { YEAR } from '../../statistics/threshold.ts'

/** Belief about the share before anything is known: two of twelve. */
const PRIOR = { failed: 2, payments: 12 }
const PAYMENTS = 0
const FAILED = 1
const SUMS = { width: HOUR, delay: DAY, halfLife: 14 * DAY, keep: 75 * HOUR, channels: 2 }
/** This long what may be an incident waits to be learned at most: a change that is too small for one is learned, too. */
const LONGEST_DOUBT = 7 * DAY
const SHOWN_HOURS = 72
/** On a tenant's first day there are few hours to show: then this many of its payments are. */
const FIRST_PAYMENTS = 100

type Outcome = [at: Seconds, failed: 0 | 1]

/** The usual share of failing payments: of the last weeks, as it stood a day ago or before there was any doubt. */
export class FailureShare {
  private readonly sums: LateSums
  /** The newest payments of a tenant's first day. */
  private first: Outcome[] | undefined

  constructor(stored?: FailureShare) {
    this.sums = new LateSums(SUMS, stored?.sums)
    this.first = stored === undefined ? [] : stored.first
  }

  count(at: Seconds, failed: boolean): void {
    this.sums.add(at, PAYMENTS)
    if (failed) this.sums.add(at, FAILED)
    if (this.first !== undefined) this.#keep(this.first, [at, failed ? 1 : 0])
  }

  /**
   * Takes in the hours that are a day old, but those of incidents. What came since `doubted` waits: at a small tenant
   * an incident takes days to be reported, and would meanwhile become what it is measured by.
   */
  settle(now: Seconds, incidents: Spans, doubted: Seconds | undefined): void {
    const { delay } = SUMS
    const undoubted = doubted === undefined || this.isBelief ? now : doubted + delay
    this.sums.settle(Math.min(now, Math.max(undoubted, now + delay - LONGEST_DOUBT)), incidents)
  }

  /** Whether the usual share is mostly belief: too little is a day old. */
  get isBelief(): boolean {
    return this.sums.usual(PAYMENTS) < PRIOR.payments
  }

  get usual(): number {
    return (PRIOR.failed + this.sums.usual(FAILED)) / this.#believed
  }

  /** The upper edge of what may be usual at a moment: high while little is known, and on days of their own. */
  edgeAt(at: Seconds): number {
    // On a day of its own a share differs less than numbers do.
    return Math.min(0.6, Math.sqrt(mostUnseen(at)) * edgeOf(this.usual, this.#believed))
  }

  get paymentsAYear(): number {
    return this.sums.rate(PAYMENTS) * YEAR
  }

  /** Makes the share of the last `span` the usual one. */
  adopt(now: Seconds, span: Seconds): void {
    const payments = this.sums.sum(PAYMENTS, now - span, now)
    if (payments === 0) return
    const failed = this.sums.sum(FAILED, now - span, now)
    const believed = Math.max(this.sums.usual(PAYMENTS), payments)
    this.sums.adopt(PAYMENTS, believed)
    this.sums.adopt(FAILED, (believed * failed) / payments)
  }

  /**
   * Failing share of each hour up to now that had payments, with the band that nine of ten hours lie in; on a tenant's
   * first day the share of its payments so far, at each of them.
   */
  series(now: Seconds): SeriesPoint[] {
    if (this.first !== undefined) return this.#firstSeries(this.first)
    const last = nextHour(now)
    return Array.from({ length: SHOWN_HOURS }, (_, i) => last - (SHOWN_HOURS - i) * HOUR).flatMap((at) => {
      const payments = this.sums.sum(PAYMENTS, at, at + HOUR)
      return payments === 0
        ? []
        : [sharePoint(at, this.sums.sum(FAILED, at, at + HOUR), payments, this.usual)]
    })
  }

  #firstSeries(first: readonly Outcome[]): SeriesPoint[] {
    const points = new Map<Seconds, SeriesPoint>()
    let [payments, all] = [0, 0]
    for (const [at, failed] of first.toSorted((a, b) => a[0] - b[0])) {
      payments += 1
      all += failed
      points.set(at, sharePoint(at, all, payments, this.usual))
    }
    return [...points.values()]
  }

  #keep(first: Outcome[], outcome: Outcome): void {
    first.push(outcome)
    if (first.length > FIRST_PAYMENTS) first.shift()
    if (this.sums.weight > 0) this.first = undefined
  }

  get #believed(): number {
    return PRIOR.payments + this.sums.usual(PAYMENTS)
  }
}

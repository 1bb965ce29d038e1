import { DAY, type Seconds } from '../../../time.ts'
import type { SeriesPoint } from '../../detector.ts'
import type { Sums } from '../../kit/amounts.ts'
import { sharePoint } from '../../kit/series.ts'
import { fade } from '../../statistics/decayed.ts'
import { edgeOf } from '../../statistics/deviance.ts'

/** Belief about the share of debits that come back before any is known: two of twelve. */
const PRIOR = { failed: 2, debits: 12 }
const HALF_LIFE: Seconds = 60 * DAY
/** A run is announced when this much of what was answered had been seen to be sent. */
const ANNOUNCED = 0.8
/** Past this age a run is as answered as it will be, also where nobody said how many were sent. */
const ANSWERED_AFTER: Seconds = 7 * DAY
/** From then on a run is what is usual. */
const SETTLED_AFTER: Seconds = 14 * DAY
const MOST_RUNS = 40

/** The debits that were sent on one day (UTC), and what became of them. Plain data. */
export interface DebitRun {
  day: number
  sent: number
  paid: number
  failed: number
  /** The first failure's time; 0 before it. */
  since: Seconds
  /** Of the failures: money by currency, and how many by reason. */
  amounts: Sums
  reasons: Sums
  /** Belongs to an incident. */
  odd: boolean
}

/**
 * Debits by the day they were sent. Refusals come days before successes, or after them, so a debit is only ever set
 * against the others of its run, and one that is not answered yet is taken for paid.
 */
export class DebitRuns {
  /** Ascending by day. */
  private readonly runs: DebitRun[] = []
  /** Usual: faded sums of settled runs. */
  private debits = 0
  private failed = 0
  /** Settled runs in a row that belonged to incidents. */
  private oddInARow = 0
  /** The newest day that was taken in. */
  private settledTo = 0

  constructor(stored?: DebitRuns) {
    Object.assign(this, stored)
  }

  /**
   * Counts one debit that was sent, paid or failed in the run of the day it began.
   * @returns that run; undefined when it is too old to be judged
   */
  count(what: 'sent' | 'paid' | 'failed', begun: Seconds): DebitRun | undefined {
    const run = this.#runOf(Math.floor(begun / DAY))
    if (run !== undefined) run[what] += 1
    return run
  }

  /** Takes in what is settled. */
  settle(now: Seconds): void {
    for (let run = this.runs[0]; run !== undefined; run = this.runs[0]) {
      if ((run.day + 1) * DAY + SETTLED_AFTER > now && this.runs.length <= MOST_RUNS) return
      this.runs.shift()
      this.settledTo = run.day
      this.#learn(run)
    }
  }

  /** Runs of which it can be said how many failed of how many, ascending. */
  judgeable(now: Seconds): DebitRun[] {
    return this.runs.filter((run) => {
      const answered = run.paid + run.failed
      const isAnnounced = run.sent > 0 && run.sent >= ANNOUNCED * answered
      return isAnnounced || (run.day + 1) * DAY + ANSWERED_AFTER <= now
    })
  }

  get usual(): number {
    return (PRIOR.failed + this.failed) / this.#believed
  }

  /** The upper edge of what may be usual. */
  get edge(): number {
    return Math.min(0.6, edgeOf(this.usual, this.#believed))
  }

  get isBelief(): boolean {
    return this.debits < PRIOR.debits
  }

  /** What is not settled yet becomes the usual at once. */
  adopt(): void {
    this.debits = this.runs.reduce((sum, run) => sum + sizeOf(run), 0)
    this.failed = this.runs.reduce((sum, { failed }) => sum + failed, 0)
    for (const run of this.runs) run.odd = false
  }

  /** Share of each run that came back, as far as it is answered. */
  series(): SeriesPoint[] {
    return this.runs
      .filter((run) => sizeOf(run) > 0)
      .map((run) => sharePoint(run.day * DAY, run.failed, sizeOf(run), this.usual))
  }

  /** A run that failed by far is no course, but the second in a row is. */
  #learn(run: DebitRun): void {
    this.oddInARow = run.odd ? this.oddInARow + 1 : 0
    if (run.odd && this.oddInARow < 2) return
    const next = this.runs[0]?.day ?? run.day + 1
    const keep = run.odd ? 0 : fade((next - run.day) * DAY, HALF_LIFE)
    const debits = sizeOf(run)
    this.debits = this.debits * keep + debits
    this.failed = this.failed * keep + run.failed
  }

  get #believed(): number {
    return PRIOR.debits + this.debits
  }

  /** The run of a day, begun where it is missing; undefined for one that was taken in. */
  #runOf(day: number): DebitRun | undefined {
    if (day <= this.settledTo) return undefined
    const place = this.runs.findLastIndex((run) => run.day <= day)
    const known = this.runs[place]
    if (known?.day === day) return known
    const begun = { day, sent: 0, paid: 0, failed: 0, since: 0, amounts: {}, reasons: {}, odd: false }
    this.runs.splice(place + 1, 0, begun)
    return begun
  }
}

/** How many debits a run has, whether all of them were announced or not. */
export const sizeOf = ({ sent, paid, failed }: DebitRun): number => Math.max(sent, paid + failed)

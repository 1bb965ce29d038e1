import { DAY, type Seconds } from '../../../time.ts'
import { ADOPTED } from '../../kit/incident.ts'
import { count, newRate, perHour, type Rate } from '../../statistics/decayed.ts'
import { LateSums } from '../../statistics/late-sums.ts'
import type { Spans } from '../../statistics/spans.ts'

const SUMS = { width: DAY, delay: 2 * DAY, halfLife: 60 * DAY, keep: 7 * DAY, channels: 1 } as const
/**
 * Belief before anything is known, worth this many days: one downgrade in them, and three in two hundred of the changes that
 * subscriptions tell of (each renewal is one), so that a tenant of thousands is not taken for one of thirty.
 */
const PRIOR = { days: 10, downgrades: 1, share: 0.015, halfLife: 14 * DAY }

/** A chance variation of the usual is no surge. */
const MARGIN = 1.5

/** How many subscriptions usually move to cheaper plans: of the last months, as it stood two days ago. */
export class DowngradeRate {
  private readonly sums: LateSums
  /** Changes of subscriptions that are no downgrades: they tell how many subscriptions there are. */
  private readonly changes: Rate

  constructor(stored?: DowngradeRate) {
    this.sums = new LateSums(SUMS, stored?.sums)
    this.changes = stored?.changes ?? newRate()
  }

  countChange(at: Seconds, now: Seconds): void {
    this.sums.add(at, 0, 0)
    count(this.changes, now, PRIOR.halfLife)
  }

  countDowngrade(at: Seconds): void {
    this.sums.add(at, 0)
  }

  /** Takes in the days that are old enough, but those of surges. */
  settle(now: Seconds, surges: Spans): void {
    this.sums.settle(now, surges)
  }

  perDay(now: Seconds): number {
    return (this.#believed(now) + this.sums.usual(0)) / this.#days
  }

  /**
   * The rate that may be usual. What is believed may be half of the truth or twice of it, what was counted is as sure
   * as counts are; both matter less as the days go by.
   */
  edgePerDay(now: Seconds): number {
    const sd = Math.hypot(this.#believed(now), Math.sqrt(this.sums.usual(0))) / this.#days
    return MARGIN * this.perDay(now) + sd
  }

  /** Makes the level of the last days the usual one, if it is above it. */
  adopt(now: Seconds): void {
    const today = now - (now % DAY)
    const level = this.sums.sum(0, today - ADOPTED, today) / (ADOPTED / DAY)
    this.sums.adopt(0, Math.max(this.sums.usual(0), level * this.#days - this.#believed(now)))
  }

  /** Days that the belief and the counted ones stand for. */
  get #days(): number {
    return PRIOR.days + this.sums.weight / DAY
  }

  /** Downgrades believed of the first days. */
  #believed(now: Seconds): number {
    const changes = this.changes.since === 0 ? 0 : 24 * perHour(this.changes, now, PRIOR.halfLife)
    return PRIOR.downgrades + PRIOR.days * PRIOR.share * changes
  }
}

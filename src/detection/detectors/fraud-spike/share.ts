import { DAY, HOUR, type Seconds } from '../../../time.ts'
import type { SeriesPoint } from '../../detector.ts'
import { ADOPTED } from '../../kit/incident.ts'
import { count, newRate, perHour, type Rate, sumOf } from '../../statistics/decayed.ts'
import { LateSums } from '../../statistics/late-sums.ts'
import { type Spans, touches } from '../../statistics/spans.ts'

const PAYMENTS = 0
const FLAGS = 1
const DAYS_SHOWN = 14
/** Most disputes are of payments made this long ago. */
const DISPUTED = { from: 40 * DAY, to: 10 * DAY }
const SUMS = { width: DAY, delay: 7 * DAY, halfLife: 30 * DAY, keep: DISPUTED.from, channels: 2 }
/** Belief before anything is known: two flags in eight hundred payments. */
const PRIOR = { flags: 2, payments: 800 }
/** By this much the usual may rise from week to week and still be usual. */
const MARGIN = 0.3
/** Usual is never less than one in 60 days. */
const FEWEST_PER_HOUR = 1 / (60 * 24)
/** A count is surely so high but for this many of its standard deviations. */
const SURE = 1
/** Half-life of a sum that stands for about 30 days. */
const MONTH = 21 * DAY

/** How many payments are usually disputed or reported: of the last months, as it stood a week ago. */
export class FlagShare {
  private readonly sums: LateSums
  private readonly pace: Rate
  private readonly payments: Rate
  private readonly flags: Rate

  constructor(stored?: FlagShare) {
    this.sums = new LateSums(SUMS, stored?.sums)
    this.pace = stored?.pace ?? newRate()
    this.payments = stored?.payments ?? newRate()
    this.flags = stored?.flags ?? newRate()
  }

  settle(now: Seconds, incidents: Spans): void {
    this.sums.settle(now, incidents)
  }

  countPayment(at: Seconds, now: Seconds): void {
    this.sums.add(at, PAYMENTS)
    count(this.pace, now, SUMS.halfLife)
    count(this.payments, now, MONTH)
  }

  countFlag(at: Seconds, now: Seconds): void {
    this.sums.add(at, FLAGS)
    count(this.flags, now, MONTH)
  }

  /**
   * Flags that may be usual in an hour, of as many payments as come now or came when those were made that are disputed
   * now: a Christmas comes back in January. That the share is known by few flags and that
   * it rises a little have nothing to do with each other, so the two margins add up as independent errors do.
   */
  expectedPerHour(now: Seconds, incidents: Spans): number {
    const flags = PRIOR.flags + this.sums.usual(FLAGS)
    const share = flags / (PRIOR.payments + this.sums.usual(PAYMENTS))
    const edge = 1 + Math.hypot(MARGIN, 1 / Math.sqrt(flags))
    const pace = this.pace.since === 0 ? 0 : perHour(this.pace, now, SUMS.halfLife)
    const lately = (1 + MARGIN) * this.#lately(now, incidents)
    return Math.max(edge * share * Math.max(pace, this.#paceBefore(now)), lately, FEWEST_PER_HOUR)
  }

  /** Payments an hour of the weeks whose payments are disputed now. */
  #paceBefore(now: Seconds): number {
    const today = now - (now % DAY)
    const { from, to } = DISPUTED
    return this.sums.sum(PAYMENTS, today - from, today - to) / ((from - to) / HOUR)
  }

  /**
   * Flags an hour that the week which ended three days ago surely had, without incidents. Disputes follow payments by
   * weeks, so with a young or growing tenant they still rise when the share is long settled. A handful of flags is no
   * rise: they may be chance, and believed they would hide the spike that they are the beginning of.
   */
  #lately(now: Seconds, incidents: Spans): number {
    const to = now - (now % DAY) - 2 * DAY
    let [flags, days] = [0, 0]
    for (let day = to - 7 * DAY; day < to; day += DAY) {
      if (touches(incidents, day, day + DAY)) continue
      flags += this.sums.sum(FLAGS, day, day + DAY)
      days += 1
    }
    return days < 3 ? 0 : Math.max(0, flags - SURE * Math.sqrt(flags)) / (days * 24)
  }

  /** Flags and payments of about the last 30 days, incidents with them: what card networks look at. */
  recent(now: Seconds): { flags: number; payments: number } {
    return { flags: sumOf(this.flags, now, MONTH), payments: sumOf(this.payments, now, MONTH) }
  }

  /** Makes the share of the last days the usual one. */
  adopt(now: Seconds): void {
    const payments = this.sums.sum(PAYMENTS, now - ADOPTED - DAY, now)
    if (payments === 0) return
    const share = this.sums.sum(FLAGS, now - ADOPTED - DAY, now) / payments
    this.sums.adopt(FLAGS, share * (PRIOR.payments + this.sums.usual(PAYMENTS)))
  }

  /** Flags of each of the last days, against what is expected of one at `perHour`. */
  series(now: Seconds, perHour: number): SeriesPoint[] {
    const today = now - (now % DAY)
    const expected = perHour * (DAY / HOUR)
    return Array.from({ length: DAYS_SHOWN }, (_, i) => today - (DAYS_SHOWN - 1 - i) * DAY).map((at) => ({
      at,
      observed: this.sums.sum(FLAGS, at, at + DAY),
      expected,
      lower: 0,
      upper: expected + 1.65 * Math.sqrt(expected),
    }))
  }
}

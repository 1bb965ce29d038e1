import type { Seconds } from '../../time.ts'
import { fade } from './decayed.ts'
import { type Spans, touches } from './spans.ts'

export interface LateSumsSpec {
  /** Length of a bucket. */
  width: Seconds
  /** A bucket becomes part of what is usual this long after it ended, so that an incident is never measured by itself. */
  delay: Seconds
  halfLife: Seconds
  /** How far back single buckets can still be asked for. */
  keep: Seconds
  channels: number
}

interface Stored {
  usual: number[]
  weight: number
  next: number
  buckets: number[][]
}

/**
 * Sums that fade with a half-life and take in nothing younger than a delay: what is usual, as known before the
 * present. Several channels are counted side by side (payments and failures, amounts and numbers).
 */
export class LateSums {
  readonly #spec: LateSumsSpec
  readonly #usual: number[]
  /** Faded seconds that the usual sums stand for. */
  #weight: Seconds
  /** Begin of the first bucket that is not yet part of the usual; 0 before the first. */
  #next: Seconds
  /** [begin, …channels], ascending. */
  readonly #buckets: number[][]

  constructor(spec: LateSumsSpec, stored?: unknown) {
    const kept = stored as Stored | undefined
    this.#spec = spec
    this.#usual = kept?.usual ?? new Array<number>(spec.channels).fill(0)
    this.#weight = kept?.weight ?? 0
    this.#next = kept?.next ?? 0
    this.#buckets = kept?.buckets ?? []
  }

  /** Adds to the bucket of `at`; what comes after its bucket was taken in goes to the usual sums at once. */
  add(at: Seconds, channel: number, amount = 1): void {
    const begin = at - (at % this.#spec.width)
    if (this.#next === 0) this.#next = begin
    if (begin < this.#next) this.#usual[channel] = (this.#usual[channel] ?? 0) + amount
    const bucket = this.#bucket(begin)
    if (bucket !== undefined) bucket[channel + 1] = (bucket[channel + 1] ?? 0) + amount
  }

  /** Takes in what is old enough; buckets that an incident touches are left out. */
  settle(now: Seconds, incidents: Spans = []): void {
    const { width, delay, halfLife } = this.#spec
    if (this.#next === 0 || this.#next + width + delay > now) return
    const step = fade(width, halfLife)
    for (; this.#next + width + delay <= now; this.#next += width) {
      if (touches(incidents, this.#next, this.#next + width)) continue
      const bucket = this.#buckets.find(([begin]) => begin === this.#next)
      this.#weight = this.#weight * step + width
      for (let channel = 0; channel < this.#usual.length; channel++)
        this.#usual[channel] = (this.#usual[channel] ?? 0) * step + (bucket?.[channel + 1] ?? 0)
    }
    this.#prune()
  }

  /** The usual sum of a channel. */
  usual(channel: number): number {
    return this.#usual[channel] ?? 0
  }

  /** The usual of a channel per second; 0 while nothing is old enough. */
  rate(channel: number): number {
    return this.#weight > 0 ? this.usual(channel) / this.#weight : 0
  }

  /** How much time the usual sums stand for: its older parts faded as they are. */
  get weight(): Seconds {
    return this.#weight
  }

  /** What was counted in buckets that begin in [from, to), as far back as they are kept. */
  sum(channel: number, from: Seconds, to: Seconds): number {
    let sum = 0
    for (let i = this.#buckets.length - 1; i >= 0; i--) {
      const bucket = this.#buckets[i]
      if (bucket === undefined || (bucket[0] ?? 0) < from) break
      if ((bucket[0] ?? 0) < to) sum += bucket[channel + 1] ?? 0
    }
    return sum
  }

  /** The usual and all that is not yet part of it. */
  all(channel: number): number {
    return this.usual(channel) + this.sum(channel, this.#next, Number.POSITIVE_INFINITY)
  }

  /** Sets what is usual for a channel, as after a change that has come to stay. */
  adopt(channel: number, amount: number): void {
    this.#usual[channel] = amount
  }

  toJSON(): Stored {
    return { usual: this.#usual, weight: this.#weight, next: this.#next, buckets: this.#buckets }
  }

  /** The bucket, made where it is missing; undefined for one too old to be kept. */
  #bucket(begin: Seconds): number[] | undefined {
    const place = this.#buckets.findLastIndex(([at = 0]) => at <= begin)
    const known = this.#buckets[place]
    if (known?.[0] === begin) return known
    if (place < 0 && this.#buckets.length > 0 && this.#isOld(begin)) return undefined
    const made = [begin, ...new Array<number>(this.#spec.channels).fill(0)]
    this.#buckets.splice(place + 1, 0, made)
    return made
  }

  #prune(): void {
    while (this.#buckets.length > 0 && this.#isOld(this.#buckets[0]?.[0] ?? 0)) this.#buckets.shift()
  }

  /** Kept as long as it may be asked for, and until it is part of the usual. */
  #isOld(begin: Seconds): boolean {
    const newest = this.#buckets.at(-1)?.[0] ?? begin
    return begin < this.#next && begin + this.#spec.keep < newest
  }
}

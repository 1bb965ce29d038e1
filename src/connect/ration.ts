import { DAY, MINUTE, type Seconds } from '../time.ts'

/**
 * Stripe allows reads by the month: 500 for each transaction, at least 10,000, and most of that is the merchant's own
 * programs'. Comparing takes a tenth at most. It is a bucket that leaks: a tenth of the allowance may be spent at once, the rest
 * comes back evenly, so that no 30 days have more than the allowance.
 */
export interface Spending {
  /** What is spent was counted up to then. */
  since: Date
  requests: number
}

const MONTH: Seconds = 30 * DAY
const SHARE = 0.1
const FOR_EACH = 500
const AT_LEAST = 10_000
const AT_ONCE = 0.1

/** Deliveries are under way for as long: more often there is nothing to learn. */
export const SHORTEST: Seconds = 15 * MINUTE

export class Ration {
  /** Requests that may be spent at once. */
  readonly most: number
  /** Requests that come back in a second. */
  readonly #rate: number

  /** @param transactions of the last 30 days */
  constructor(transactions: number) {
    const allowance = SHARE * Math.max(AT_LEAST, FOR_EACH * transactions)
    this.most = Math.floor(AT_ONCE * allowance)
    this.#rate = ((1 - AT_ONCE) * allowance) / MONTH
  }

  /** What is still spent of it at a moment; whole requests come back. */
  at({ since, requests }: Spending, now: Date): Spending {
    const back = Math.floor(((now.getTime() - since.getTime()) / 1_000) * this.#rate)
    if (back >= requests) return { since: now, requests: 0 }
    if (back <= 0) return { since, requests }
    return { since: new Date(since.getTime() + (back / this.#rate) * 1_000), requests: requests - back }
  }

  left(spending: Spending, now: Date): number {
    return Math.max(0, this.most - this.at(spending, now).requests)
  }

  /** How long it takes until this many come back. */
  timeFor(requests: number): Seconds {
    return Math.max(SHORTEST, Math.ceil(requests / this.#rate))
  }
}

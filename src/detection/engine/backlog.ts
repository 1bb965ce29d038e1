import { HOUR, type Seconds } from '../../time.ts'
import type { JudgedEvent } from './judged-event.ts'

/**
 * What comes late comes in any order, and a rate detector that meets an outage's events shuffled sees no run in them. So
 * late facts wait here until the backlog they belong to has calmed down, and are judged then in the order in which they
 * happened (README.md, "Delivery and disorder").
 */

/** No late event for this long: the backlog has calmed down. */
export const CALM: Seconds = HOUR
/** What has waited for this long waits no more, nor what is one of this many. */
export const LONGEST: Seconds = 6 * HOUR
const MOST = 100_000

/** What is known of a stream's waiting events without reading them. */
export interface Hold {
  /** Deliveries of the first and of the newest of them. */
  since: Seconds
  newest: Seconds
  count: number
}

/** When it is to be judged, unless more comes late. */
export const releaseAt = ({ since, newest, count }: Hold): Seconds =>
  count >= MOST ? newest : Math.min(newest + CALM, since + LONGEST)

/** Whether the waiting events may be judged in a batch of `incoming` events that ends at `newest`. */
export const mayRelease = (hold: Hold, newest: Seconds, incoming: number): boolean =>
  releaseAt(hold) <= newest || hold.count + incoming >= MOST

/** Events that wait for their backlog to calm down. */
export interface Held {
  hold: Hold | null
  /** May be left out where they cannot be released in this batch. */
  events: readonly JudgedEvent[]
}

/** What a batch changed: the events to be kept, after all former ones were dropped where they were released. */
export interface HoldChange {
  released: boolean
  added: readonly JudgedEvent[]
}

/** The waiting events of one stream, in one pass over a batch. */
export class Backlog {
  #hold: Hold | null
  #before: readonly JudgedEvent[]
  #added: JudgedEvent[] = []
  #released = false

  /** @param before the events that wait; may be left out where none of them `mayRelease` */
  constructor(hold: Hold | null, before: readonly JudgedEvent[]) {
    this.#hold = hold
    this.#before = before
  }

  get hold(): Hold | null {
    return this.#hold
  }

  /** Infinite while nothing waits. */
  get releaseAt(): Seconds {
    return this.#hold === null ? Number.POSITIVE_INFINITY : releaseAt(this.#hold)
  }

  add(event: JudgedEvent, delivery: Seconds): void {
    const { since, count } = this.#hold ?? { since: delivery, count: 0 }
    this.#hold = { since, newest: delivery, count: count + 1 }
    this.#added.push(event)
  }

  /** Takes all that waits, in the order in which it happened. */
  release(): JudgedEvent[] {
    const events = [...this.#before, ...this.#added]
    this.#hold = null
    this.#before = []
    this.#added = []
    this.#released = true
    return events.sort((a, b) => a.at - b.at || (a.stripeId < b.stripeId ? -1 : 1))
  }

  get change(): HoldChange {
    return { released: this.#released, added: this.#added }
  }
}

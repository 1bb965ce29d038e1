import type { Seconds } from '../../time.ts'
import type { Value } from './scanner.ts'
import { type Stamp, stampOf } from './stamp.ts'

/**
 * In which order the events are taken: as they are written, by `created` with what is written later first among
 * equals, or by `received`.
 */
export type Order = 'as written' | 'by created' | 'by received'

/** In a file that is written page by page, this many of its steps go back in time for each that goes forward. */
const FALLS_FOR_A_RISE = 2

/** Looks at every event once, to find out how they are ordered. */
export class Survey {
  events = 0
  strangers = 0
  #falls = 0
  #rises = 0
  #received = 0
  #receivedFalls = 0
  #newestReceived: Seconds = 0
  #last: Seconds | undefined
  /** Newest of all runs of falling times before this one; whether each run is newer than those before it. */
  #newest = Number.NEGATIVE_INFINITY
  #newestOfRun = Number.NEGATIVE_INFINITY
  #apart = true
  /** Whether all came in list objects, each newest first. */
  #pages = true
  #list = 0

  look({ text, list }: Value): void {
    const stamp = stampOf(text)
    if (stamp === undefined) this.strangers += 1
    else this.#count(stamp, list)
  }

  #count({ created, received }: Stamp, list: number): void {
    this.events += 1
    if (received !== undefined) {
      this.#received += 1
      if (received < this.#newestReceived) this.#receivedFalls += 1
      this.#newestReceived = Math.max(this.#newestReceived, received)
    }
    const last = this.#last
    if (list === 0) this.#pages = false
    if (last !== undefined) {
      if (created < last) this.#falls += 1
      if (created > last) this.#rises += 1
      if (list === this.#list && created > last) this.#pages = false
    }
    if (last === undefined || created > last) this.#beginRun(created)
    if (created < this.#newest) this.#apart = false
    this.#list = list
    this.#last = created
  }

  #beginRun(newest: Seconds): void {
    this.#newest = Math.max(this.#newest, this.#newestOfRun)
    this.#newestOfRun = newest
  }

  get order(): Order {
    if (this.#received > 0) return this.#receivedFalls > 0 ? 'by received' : 'as written'
    if (this.#falls === 0) return 'as written'
    const isPaged = this.#apart && this.#falls >= FALLS_FOR_A_RISE * this.#rises
    return this.#rises === 0 || this.#pages || isPaged ? 'by created' : 'as written'
  }

  /** Whether times only fall from the first event to the last. */
  get isReversed(): boolean {
    return this.#falls > 0 && this.#rises === 0
  }
}

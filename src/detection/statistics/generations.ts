import type { Seconds } from '../../time.ts'
import { Ring } from './ring.ts'

/**
 * Remembers ids for at least `span` and at most twice that, in two rings that take turns; fewer where more come
 * than the rings hold. Unlike one large ring it forgets with time, so that what a small tenant's customers did last
 * year says nothing about them now.
 */
export class Generations {
  readonly #capacity: number
  readonly #span: Seconds
  private since: Seconds
  private current: Ring
  private previous: Ring

  constructor(capacity: number, span: Seconds, stored?: Generations) {
    this.#capacity = capacity
    this.#span = span
    this.since = stored?.since ?? 0
    this.current = new Ring(capacity, stored?.current)
    this.previous = new Ring(capacity, stored?.previous)
  }

  has(id: string): boolean {
    return this.current.has(id) || this.previous.has(id)
  }

  remove(id: string): void {
    this.current.remove(id)
    this.previous.remove(id)
  }

  /** @param now never earlier than before */
  add(id: string, now: Seconds): void {
    if (now - this.since >= this.#span) {
      this.previous = now - this.since < 2 * this.#span ? this.current : new Ring(this.#capacity)
      this.current = new Ring(this.#capacity)
      this.since = now
    }
    this.current.admit(id)
  }
}

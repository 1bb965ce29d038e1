import type { Seconds } from '../../time.ts'

/** What a timer queue orders: by time, and among equal times by rank and key, so that the order never depends on insertion. */
export interface Timed {
  readonly wakeAt: Seconds | null
  readonly rank: number
  readonly key: string
}

interface Slot<T extends Timed> {
  at: Seconds
  item: T
}

/** A binary heap of timers (README.md, "Timers"). Moving an item's `wakeAt` leaves its old slot behind, which is skipped when it comes up. */
export class TimerQueue<T extends Timed> {
  readonly #heap: Slot<T>[] = []

  /** Call whenever an item's `wakeAt` was set to a time. */
  push(item: T): void {
    if (item.wakeAt === null) return
    const heap = this.#heap
    heap.push({ at: item.wakeAt, item })
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#swapIfBefore(child, parent)) break
      child = parent
    }
  }

  /** Takes out the earliest item whose time is at or before `until`. */
  popDue(until: Seconds): T | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.at > until) return undefined
      this.#removeFirst()
      if (first.item.wakeAt === first.at) return first.item
    }
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    let parent = 0
    for (;;) {
      const left = 2 * parent + 1
      const right = left + 1
      const child = right < heap.length && this.#before(right, left) ? right : left
      if (child >= heap.length || !this.#swapIfBefore(child, parent)) return
      parent = child
    }
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    if (!this.#before(lower, upper)) return false
    const [a, b] = [this.#heap[lower], this.#heap[upper]]
    if (a === undefined || b === undefined) return false
    this.#heap[lower] = b
    this.#heap[upper] = a
    return true
  }

  #before(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]]
    if (a === undefined || b === undefined) return false
    if (a.at !== b.at) return a.at < b.at
    if (a.item.rank !== b.item.rank) return a.item.rank < b.item.rank
    return a.item.key < b.item.key
  }
}

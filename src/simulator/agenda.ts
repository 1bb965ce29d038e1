import type { Seconds } from '../time.ts'

interface Entry {
  at: Seconds
  order: number
  run: () => void
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** What is still to happen, soonest first; of one moment in the order it was planned (a binary heap). */
export class Agenda {
  readonly #heap: Entry[] = []
  #planned = 0

  add(at: Seconds, run: () => void): void {
    const heap = this.#heap
    const entry = { at, order: this.#planned++, run }
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const up = (i - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || !before(entry, parent)) break
      heap[i] = parent
      i = up
    }
    heap[i] = entry
  }

  /** Takes the soonest entry that lies before `until`. */
  take(until: Seconds): { at: Seconds; run: () => void } | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.at >= until) return undefined
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first
  }

  #sink(entry: Entry): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      let child = heap[down]
      if (child === undefined) break
      const right = heap[down + 1]
      if (right !== undefined && before(right, child)) {
        down++
        child = right
      }
      if (!before(child, entry)) break
      heap[i] = child
      i = down
    }
    heap[i] = entry
  }
}

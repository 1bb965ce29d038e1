import { type MakeQuota, tooMany } from './quota.ts'

/** How many of each key this process has open. */
export class Open {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /** @returns takes it away again, once */
  add(key: string): () => void {
    this.#counts.set(key, this.of(key) + 1)
    let open = true
    return () => {
      if (!open) return
      open = false
      const left = this.of(key) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }

  /** Of which there is at least one. */
  keys(): Iterable<string> {
    return this.#counts.keys()
  }
}

/** Counts in this process alone. */
export const memoryQuota: MakeQuota = (what, most) => {
  const open = new Open()
  return {
    async take(key) {
      if (open.of(key) >= most) throw tooMany(what, most)
      return open.add(key)
    },
  }
}

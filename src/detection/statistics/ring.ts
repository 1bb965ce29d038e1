import { hash } from './hash.ts'
import { pack, unpack } from './packed.ts'

/**
 * Remembers the last so many ids by their 32-bit hashes, to judge each object once. A look-up scans one small
 * block of memory, which costs less than keeping an index alive through storage: the bound is the capacity.
 */
export class Ring {
  readonly #capacity: number
  #slots: Int32Array | undefined
  /** How many were ever added since the oldest kept form: the next goes to this number modulo the capacity. */
  #count = 0
  /** The stored form, as long as it is true. */
  #packed: string | undefined

  constructor(capacity: number, stored?: unknown) {
    this.#capacity = capacity
    if (typeof stored === 'string') this.#packed = stored
  }

  has(id: string): boolean {
    return this.#open().includes(hash(id))
  }

  /** Adds an id, which pushes out the oldest when the ring is full. */
  add(id: string): void {
    const slots = this.#open()
    slots[this.#count % this.#capacity] = hash(id)
    this.#count += 1
    this.#packed = undefined
  }

  /** @returns whether the id is new; from now on it is known. */
  admit(id: string): boolean {
    if (this.has(id)) return false
    this.add(id)
    return true
  }

  /** Oldest first; only as long as there are ids in it. */
  toJSON(): string {
    if (this.#packed !== undefined) return this.#packed
    const slots = this.#open()
    if (this.#count <= this.#capacity) return this.#keep(pack(slots.subarray(0, this.#count)))
    const next = this.#count % this.#capacity
    const ordered = new Int32Array(this.#capacity)
    ordered.set(slots.subarray(next), 0)
    ordered.set(slots.subarray(0, next), this.#capacity - next)
    return this.#keep(pack(ordered))
  }

  #keep(packed: string): string {
    this.#packed = packed
    return packed
  }

  /** Unpacks only when first asked: many facts change a state without asking its ring. */
  #open(): Int32Array {
    if (this.#slots !== undefined) return this.#slots
    const slots = new Int32Array(this.#capacity)
    if (this.#packed !== undefined) {
      unpack(this.#packed, slots)
      const empty = slots.indexOf(0)
      this.#count = empty < 0 ? this.#capacity : empty
    }
    this.#slots = slots
    return slots
  }
}

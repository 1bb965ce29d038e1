import { hash } from './hash.ts'
import { pack, unpack, wordsOf } from './packed.ts'

/** Past this many look-ups an index is worth its making. */
const SCANS = 64

/** Ids that there is room for at first. */
const LEAST = 16

/** In the place of an id that was removed: 0 is a place that was never taken. An id with this hash is one in four billion. */
const GONE = 1

/**
 * Remembers the last this many ids by their 32-bit hashes, to judge each object once. The first look-ups after a trip
 * through storage scan one small block of memory; a longer batch makes itself an index, and each then costs the same
 * whatever the capacity.
 */
export class Ring {
  readonly #capacity: number
  #slots: Int32Array | undefined
  /** How many were added: the next goes to this number modulo the capacity. */
  #count = 0
  #scans = 0
  #index: Set<number> | undefined
  /** The stored form, as long as it is true. */
  #packed: string | undefined

  constructor(capacity: number, stored?: unknown) {
    this.#capacity = capacity
    if (typeof stored === 'string') this.#packed = stored
  }

  has(id: string): boolean {
    return this.#knows(hash(id))
  }

  /**
   * Adds an id, which pushes out the oldest when the ring is full; one that is known keeps its place.
   * @returns whether it is new
   */
  admit(id: string): boolean {
    const key = hash(id)
    if (this.#knows(key)) return false
    const slots = this.#roomy()
    const slot = this.#count % this.#capacity
    const oldest = slots[slot] ?? 0
    slots[slot] = key
    this.#count += 1
    this.#index?.delete(oldest)
    this.#index?.add(key)
    this.#packed = undefined
    return true
  }

  /** Forgets an id; its place stays taken until its turn comes. */
  remove(id: string): void {
    const key = hash(id)
    if (!this.#knows(key)) return
    const slots = this.#open()
    slots[slots.indexOf(key)] = GONE
    this.#index?.delete(key)
    this.#packed = undefined
  }

  /** Oldest first; only as long as there are ids in it. */
  toJSON(): string {
    this.#packed ??= pack(this.#inOrder())
    return this.#packed
  }

  #inOrder(): Int32Array {
    const slots = this.#open()
    if (this.#count <= this.#capacity) return slots.subarray(0, this.#count)
    const next = this.#count % this.#capacity
    const ordered = new Int32Array(this.#capacity)
    ordered.set(slots.subarray(next), 0)
    ordered.set(slots.subarray(0, next), this.#capacity - next)
    return ordered
  }

  #knows(key: number): boolean {
    const slots = this.#open()
    if (this.#index === undefined) {
      this.#scans += 1
      const taken = slots.subarray(0, this.#count)
      if (this.#scans <= SCANS) return taken.includes(key)
      this.#index = new Set(taken)
    }
    return this.#index.has(key)
  }

  /** Unpacks only when first asked: many facts change a state without asking its ring. */
  #open(): Int32Array {
    if (this.#slots !== undefined) return this.#slots
    const stored = this.#packed ?? ''
    const slots = new Int32Array(Math.min(this.#capacity, wordsOf(stored)))
    unpack(stored, slots)
    this.#count = slots.length
    this.#slots = slots
    return slots
  }

  /** Grows with what is in it: most rings hold a few ids of the thousands that they might. */
  #roomy(): Int32Array {
    const slots = this.#open()
    if (this.#count < slots.length || slots.length === this.#capacity) return slots
    const larger = new Int32Array(Math.min(this.#capacity, Math.max(LEAST, 2 * slots.length)))
    larger.set(slots)
    this.#slots = larger
    return larger
  }
}

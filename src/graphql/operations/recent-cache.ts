/** A cache of what was just computed for one caller and may serve others; evicts the oldest, bounded in bytes. */
export class RecentCache<Value> {
  readonly #maxBytes: number
  readonly #sizeOf: (value: Value) => number
  readonly #made = new Map<string, { value: Promise<Value>; bytes: number }>()
  /** Keys for the objects that values are computed from. */
  readonly #names = new WeakMap<object, number>()
  #named = 0
  #bytes = 0

  /** @param sizeOf bytes that a value takes */
  constructor(maxBytes: number, sizeOf: (value: Value) => number) {
    this.#maxBytes = maxBytes
    this.#sizeOf = sizeOf
  }

  /** What `make` returned for the same object and variant before, or returns now. A failure is not kept. */
  get(of: object, variant: string, make: () => Promise<Value>): Promise<Value> {
    const key = `${this.#nameOf(of)} ${variant}`
    const known = this.#made.get(key)
    if (known) return known.value
    const entry = { value: make(), bytes: OVERHEAD }
    this.#made.set(key, entry)
    this.#bytes += OVERHEAD
    this.#forgetOldest()
    entry.value.then(
      (value) => {
        if (this.#made.get(key) !== entry) return
        entry.bytes += this.#sizeOf(value)
        this.#bytes += entry.bytes - OVERHEAD
        this.#forgetOldest()
      },
      () => this.#forget(key, entry),
    )
    return entry.value
  }

  #nameOf(of: object): number {
    let name = this.#names.get(of)
    if (name === undefined) {
      name = ++this.#named
      this.#names.set(of, name)
    }
    return name
  }

  #forgetOldest(): void {
    for (const [key, entry] of this.#made) {
      if (this.#bytes <= this.#maxBytes) return
      this.#forget(key, entry)
    }
  }

  #forget(key: string, entry: { bytes: number }): void {
    if (this.#made.get(key) !== entry) return
    this.#made.delete(key)
    this.#bytes -= entry.bytes
  }
}

/** Bytes that an entry takes besides its value. */
const OVERHEAD = 1_024

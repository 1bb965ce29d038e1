/** What was made a moment ago for one and may serve others, oldest forgotten first; bounded in bytes. */
export class RecentCache<Value> {
  readonly #maxBytes: number
  readonly #weigh: (value: Value) => number
  readonly #made = new Map<string, { value: Promise<Value>; bytes: number }>()
  /** Names for objects, which are what things are made of. */
  readonly #names = new WeakMap<object, number>()
  #named = 0
  #bytes = 0

  /** @param weigh bytes that a value takes */
  constructor(maxBytes: number, weigh: (value: Value) => number) {
    this.#maxBytes = maxBytes
    this.#weigh = weigh
  }

  /** What `make` gave for the same object and way before, or gives now. A failure is not kept. */
  get(of: object, way: string, make: () => Promise<Value>): Promise<Value> {
    const key = `${this.#nameOf(of)} ${way}`
    const known = this.#made.get(key)
    if (known) return known.value
    const entry = { value: make(), bytes: OVERHEAD }
    this.#made.set(key, entry)
    this.#bytes += OVERHEAD
    this.#forgetOldest()
    entry.value.then(
      (value) => {
        if (this.#made.get(key) !== entry) return
        entry.bytes += this.#weigh(value)
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

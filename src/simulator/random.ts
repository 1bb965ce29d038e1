const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const PAIRS = [...LETTERS].flatMap((first) => [...LETTERS].map((second) => first + second))

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const hex = (bits: number): string => (BYTES[(bits >>> 8) & 255] ?? '') + (BYTES[bits & 255] ?? '')

/** FNV-1a over the text with a finishing mix, started differently for each word of state. */
function hash(text: string, start: number): number {
  let h = start
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * Seeded pseudo-random numbers (sfc32): the same seed gives the same sequence on every machine. `fork` gives a
 * stream of its own that depends on the seed and the label only, so that drawing more in one part of the
 * simulation does not change another.
 */
export class Random {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: string) {
    this.#seed = seed
    this.#a = hash(seed, 0x811c9dc5)
    this.#b = hash(seed, 0x9e3779b9)
    this.#c = hash(seed, 0x243f6a88)
    for (let i = 0; i < 12; i++) this.next()
  }

  fork(label: string): Random {
    return new Random(`${this.#seed}/${label}`)
  }

  /** Unsigned 32 bits. */
  next(): number {
    const result = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** In [0, 1). */
  unit(): number {
    return this.next() / 4_294_967_296
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit()
  }

  /** Whole, both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** @throws RangeError on an empty list */
  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.unit() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** One of the items, as likely as its weight says. @throws RangeError on an empty list */
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let left = this.unit() * items.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [item, weight] of items) {
      left -= weight
      if (left < 0) return item
    }
    const last = items.at(-1)
    if (last === undefined) throw new RangeError('nothing to pick from')
    return last[0]
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit())
  }

  /** `spread` is the standard deviation of the logarithm. */
  logNormal(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal())
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit())
  }

  poisson(mean: number): number {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const limit = Math.exp(-mean)
    let product = this.unit()
    let count = 0
    while (product > limit) {
      product *= this.unit()
      count++
    }
    return count
  }

  /** `count` letters and digits, as in Stripe's ids. */
  letters(count: number): string {
    let text = ''
    while (text.length < count) {
      const bits = this.next()
      text += (PAIRS[bits % 3844] ?? '') + (PAIRS[(bits >>> 16) % 3844] ?? '')
    }
    return text.length === count ? text : text.slice(0, count)
  }

  id(prefix: string, count = 24): string {
    return `${prefix}_${this.letters(count)}`
  }

  digits(count: number): string {
    return String(this.int(0, 10 ** count - 1)).padStart(count, '0')
  }

  uuid(): string {
    const [a, b, c, d] = [this.next(), this.next(), this.next(), this.next()]
    const variant = (c & 0x3fff) | 0x8000
    return `${hex(a >>> 16)}${hex(a)}-${hex(b)}-4${hex(b >>> 16).slice(1)}-${hex(variant)}-${hex(c >>> 16)}${hex(d)}${hex(d >>> 16)}`
  }
}

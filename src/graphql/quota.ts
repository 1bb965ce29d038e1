import { PublicError } from '../errors.ts'

/** How many of something each key may have open at once. */
export class Quota {
  readonly #most: number
  readonly #what: string
  readonly #open = new Map<string, number>()

  /** @param what said to whoever has too many, e.g. `sockets` */
  constructor(most: number, what: string) {
    this.#most = most
    this.#what = what
  }

  /**
   * @returns gives it back, once
   * @throws PublicError RATE_LIMITED
   */
  take(key: string): () => void {
    const count = this.#open.get(key) ?? 0
    if (count >= this.#most) {
      throw new PublicError('RATE_LIMITED', `More than ${this.#most} ${this.#what} are open at once.`)
    }
    this.#open.set(key, count + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#open.get(key) ?? 1) - 1
      if (left > 0) this.#open.set(key, left)
      else this.#open.delete(key)
    }
  }
}

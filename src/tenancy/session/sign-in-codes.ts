import { randomBase62, sha256 } from '../../ids.ts'
import type { Clock } from '../../time.ts'

/** Milliseconds that a code is good for. */
const GOOD_FOR = 5 * 60_000

/** Codes that sign in once, in place of a key, where whoever prints a link and whoever opens it share a machine. */
export class SignInCodes {
  /** Hashes of codes, with the key that each stands for. */
  readonly #codes = new Map<string, { key: string; until: number }>()

  constructor(private readonly clock: Pick<Clock, 'steady'>) {}

  issue(key: string): string {
    const code = randomBase62(22)
    this.#codes.set(sha256(code), { key, until: this.clock.steady() + GOOD_FOR })
    return code
  }

  /** The key behind a code, which is worth nothing from now on; undefined for one that is unknown, used or too old. */
  redeem(code: string): string | undefined {
    const hash = sha256(code)
    const found = this.#codes.get(hash)
    this.#codes.delete(hash)
    return found && found.until > this.clock.steady() ? found.key : undefined
  }
}

import type { RateLimit } from '../config.ts'
import { PublicError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'
import { sha256 } from '../ids.ts'
import type { RateLimiter } from '../ingest/rate-limit.ts'
import type { Clock } from '../time.ts'
import { TokenExpired } from './access-tokens.ts'
import type { Authenticator, Credentials } from './authenticate.ts'
import type { Caller } from './caller.ts'

/** Bad credentials that one address may bring before it has to wait. */
export const BAD_CREDENTIALS: RateLimit = { requests: 100, seconds: 60 }

/** An access token by its shape. An operator key may have points in it too, and can be guessed without a lookup. */
const SIGNED = /^(bearer +)?eyJ[\w-]+\.[\w-]+\.[\w-]+$/i

/** Credentials, and addresses, that are remembered at once. */
const MOST = 10_000

export interface GateParts {
  authenticator: Pick<Authenticator, 'authenticate'>
  limiter: RateLimiter
  clock: Clock
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
  /** Undefined: a local set-up, where every client is this machine. */
  limit: RateLimit | undefined
}

/**
 * The authenticator with a limit on failures for each address, so that guessing is cut short before it costs a
 * lookup. Credentials that were good here before go on working: one guesser behind the same proxy or office must
 * not lock out everybody else there. So do signed tokens, whose forging costs no lookup.
 */
export class Gate {
  readonly #parts: GateParts
  /** Hashes of credentials that were good, newest last. */
  readonly #good = new Set<string>()
  /** Until when an address is not asked for, in milliseconds. */
  readonly #closed = new Map<string, number>()

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  /**
   * @param address of the client, as `addressOf` tells it
   * @param requestId under which a refusal stands in the log
   * @throws PublicError as `Authenticator.authenticate`; RATE_LIMITED after too many failures
   */
  async admit(credentials: Credentials, address: string, requestId?: string): Promise<Caller> {
    const { authenticator, limit } = this.#parts
    const given = credentials.authorization?.trim() ?? ''
    // Who brings nothing guesses nothing.
    if (limit === undefined || given === '') return authenticator.authenticate(credentials)
    const from = networkOf(address)
    const hash = sha256(given)
    const wait = this.#waitOf(from)
    if (wait > 0 && !this.#good.has(hash) && !SIGNED.test(given)) throw tooMany(wait)
    try {
      const caller = await authenticator.authenticate(credentials)
      this.#good.delete(hash)
      this.#good.add(hash)
      dropOldest(this.#good)
      return caller
    } catch (error) {
      // A token that has run out was good once: its client only has to fetch a new one.
      if (
        error instanceof PublicError &&
        error.code === 'UNAUTHENTICATED' &&
        !(error instanceof TokenExpired)
      ) {
        this.#good.delete(hash)
        await this.#count(from, limit, requestId)
      }
      throw error
    }
  }

  /** @throws PublicError RATE_LIMITED */
  async #count(from: string, limit: RateLimit, requestId?: string): Promise<void> {
    const { limiter, clock, log } = this.#parts
    const wait = await limiter.take(`address ${from}`, limit)
    if (wait === 0) return log.info({ address: from, requestId }, 'credentials were refused')
    if (this.#waitOf(from) === 0) log.warn({ address: from }, 'too many bad credentials from one address')
    this.#closed.set(from, clock.now().getTime() + wait * 1_000)
    dropOldest(this.#closed)
    throw tooMany(wait)
  }

  /** Seconds, rounded up; 0: it is open. */
  #waitOf(from: string): number {
    const left = (this.#closed.get(from) ?? 0) - this.#parts.clock.now().getTime()
    if (left > 0) return Math.ceil(left / 1_000)
    this.#closed.delete(from)
    return 0
  }
}

function dropOldest(remembered: Set<string> | Map<string, number>): void {
  const oldest = remembered.size > MOST ? remembered.keys().next() : undefined
  if (oldest && !oldest.done) remembered.delete(oldest.value)
}

const tooMany = (retryAfterSeconds: number): PublicError =>
  new PublicError(
    'RATE_LIMITED',
    `Too many bad credentials from this address. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  )

import type { RateLimit } from '../config.ts'
import { PublicError } from '../errors.ts'
import { networkOf } from '../http/client-address.ts'
import { SlowedRefusals } from '../http/slowed.ts'
import { sha256 } from '../ids.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Clock } from '../time.ts'
import { TokenExpired } from './access-tokens.ts'
import type { Authenticator, Credentials } from './authenticate.ts'
import type { Caller } from './caller.ts'
import { hasOperatorMark, isApiKey } from './keys.ts'
import { BoundedLookups } from './lookups.ts'

/** Bad credentials that one address may bring before it has to wait. */
export const BAD_CREDENTIALS: RateLimit = { requests: 100, seconds: 60 }

/** Credentials, and addresses, that are remembered at once. */
const MOST = 10_000

/** Look-ups of keys that were not good here before, at once. Each takes a connection to the database. */
const LOOKUPS_AT_ONCE = 4

export interface GateParts {
  authenticator: Pick<Authenticator, 'authenticate'>
  limiter: RateLimiter
  clock: Pick<Clock, 'steady'>
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
  /** Undefined: a local set-up, where every client is this machine. */
  limit: RateLimit | undefined
  /** Milliseconds; a second. */
  slowedBy?: number
}

/**
 * The authenticator in front of which guessing does no harm. A good key gets in whatever others bring from its address,
 * which may be that of a whole office or a proxy, so nothing is refused unseen; what guessing costs is kept small. What
 * is no key by its checksum needs no look-up. What may be one is looked up with a bounded number of others, and an
 * address that was wrong too often waits for each refusal.
 */
export class Gate {
  readonly #parts: GateParts
  readonly #lookups = new BoundedLookups(LOOKUPS_AT_ONCE)
  /** Hashes of credentials that were good, newest last. */
  readonly #good = new Set<string>()
  /** Until when an address is slowed, in milliseconds of the steady clock. */
  readonly #guessing = new Map<string, number>()
  readonly #refusals: SlowedRefusals

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#refusals = new SlowedRefusals(parts.slowedBy)
  }

  /**
   * @param address of the client, from `addressOf`
   * @param requestId under which a refusal stands in the log
   * @throws PublicError as `Authenticator.authenticate`; RATE_LIMITED instead of a refusal after too many
   */
  async admit(credentials: Credentials, address: string, requestId?: string): Promise<Caller> {
    const { authenticator, limit } = this.#parts
    const given = credentials.authorization?.replace(/^bearer +/i, '').trim() ?? ''
    // Who brings nothing guesses nothing.
    if (limit === undefined || given === '') return authenticator.authenticate(credentials)
    const from = networkOf(address)
    const hash = sha256(given)
    const ask = () => authenticator.authenticate(credentials)
    try {
      const caller = await (isApiKey(given) && !this.#good.has(hash) ? this.#lookups.run(from, ask) : ask())
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
        await this.#count(from, limit, { mayBeKey: isApiKey(given) || hasOperatorMark(given), requestId })
      }
      throw error
    }
  }

  /** @throws PublicError RATE_LIMITED */
  async #count(
    from: string,
    limit: RateLimit,
    { mayBeKey, requestId }: { mayBeKey: boolean; requestId: string | undefined },
  ): Promise<void> {
    const { limiter, clock, log } = this.#parts
    const wait = await limiter.take(`address ${from}`, limit)
    if (wait === 0) return log.info({ address: from, requestId }, 'credentials were refused')
    if ((this.#guessing.get(from) ?? 0) <= clock.steady())
      log.warn({ address: from, requestId }, 'too many bad credentials from one address')
    this.#guessing.delete(from)
    this.#guessing.set(from, clock.steady() + wait * 1_000)
    dropOldest(this.#guessing)
    if (mayBeKey) await this.#refusals.wait()
    throw tooMany(wait)
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

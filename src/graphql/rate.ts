import type { RateLimit } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { RateLimiter, Standing } from '../limits/rate-limiter.ts'
import type { Caller } from '../tenancy/caller.ts'

/** API_RATE_LIMIT: operations of one key, whatever way they come. */
export interface ApiRate {
  /** Counts one operation; `check` refuses it where it is one too many. */
  count(caller: Caller): Promise<Standing>
  /** @throws PublicError RATE_LIMITED */
  check(standing: Standing): void
  /** Both. @throws PublicError RATE_LIMITED */
  take(caller: Caller): Promise<void>
}

export function apiRate(limiter: RateLimiter, limit: RateLimit): ApiRate {
  const count = ({ keyId, tenantId }: Caller): Promise<Standing> =>
    limiter.count(keyId ?? `operator ${tenantId ?? ''}`, limit)
  const check = ({ retryAfterSeconds }: Standing): void => {
    if (retryAfterSeconds === 0) return
    throw new PublicError(
      'RATE_LIMITED',
      `More than ${limit.requests} requests in ${limit.seconds} seconds. Try again in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    )
  }
  return { count, check, take: async (caller) => check(await count(caller)) }
}

import type { RateLimit } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { RateLimiter } from '../ingest/rate-limit.ts'
import type { Caller } from '../tenancy/caller.ts'

/** API_RATE_LIMIT: operations of one key, whatever way they come. */
export interface ApiRate {
  /** @throws PublicError RATE_LIMITED */
  take(caller: Caller): Promise<void>
}

export const apiRate = (limiter: RateLimiter, limit: RateLimit): ApiRate => ({
  async take({ keyId, tenantId }) {
    const retryAfterSeconds = await limiter.take(keyId ?? `operator ${tenantId ?? ''}`, limit)
    if (retryAfterSeconds > 0) {
      throw new PublicError(
        'RATE_LIMITED',
        `More than ${limit.requests} requests in ${limit.seconds} seconds. Try again in ${retryAfterSeconds} s.`,
        { retryAfterSeconds },
      )
    }
  },
})

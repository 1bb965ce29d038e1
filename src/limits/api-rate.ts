import type { RateLimit } from '../config.ts'
import { PublicError } from '../errors.ts'
import type { RateLimiter, Standing } from './rate-limiter.ts'

/** Who is counted: a key, or the operator for each tenant. */
interface Caller {
  keyId: string | undefined
  tenantId: string | undefined
}

/** API_RATE_LIMIT: operations of one key over HTTP, sockets and the export together. */
export interface ApiRate {
  /** Counts one operation without refusing it; `check` does that. */
  count(caller: Caller): Promise<Standing>
  /** @throws PublicError RATE_LIMITED */
  check(standing: Standing): void
  /** Counts one operation and checks it. @throws PublicError RATE_LIMITED */
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

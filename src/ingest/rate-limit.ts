import type { Redis } from 'ioredis'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { RateLimit } from '../config.ts'

/** Where a key stands in its window. */
export interface Standing {
  /** Requests of one window. */
  limit: number
  remaining: number
  /** Whole seconds until the window ends, at least 1. */
  resetSeconds: number
  /** 0 when this request is within the limit, else `resetSeconds`. */
  retryAfterSeconds: number
}

/** The headers that tell a client where it stands. */
export const standingHeaders = ({ limit, remaining, resetSeconds }: Standing): Record<string, string> => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': String(resetSeconds),
})

/** Counts in fixed windows that begin with a key's first request, and with its first one under another limit. */
export interface RateLimiter {
  /**
   * Counts one request.
   * @returns 0 when it is within the limit, else the whole seconds until the window ends, at least 1
   */
  take(key: string, limit: RateLimit): Promise<number>
  /** The same, with all that a client may be told. */
  count(key: string, limit: RateLimit): Promise<Standing>
}

/** The library wants one limit for all keys. It is never asked: see `limiterOver`. */
const UNUSED = { points: 1, duration: 1 }

const inMemory = (prefix: string) => new RateLimiterMemory({ ...UNUSED, keyPrefix: prefix })

/** Counts in this process alone. */
export const memoryRateLimiter = (prefix: string): RateLimiter => limiterOver(inMemory(prefix))

/**
 * Counts for all processes together. While Redis is away each process counts alone: a limit that is too
 * generous for a moment is better than refusing deliveries.
 * @param redis give it a command timeout, and no offline queue
 */
export const redisRateLimiter = (prefix: string, redis: Redis): RateLimiter =>
  limiterOver(
    new RateLimiterRedis({
      ...UNUSED,
      storeClient: redis,
      keyPrefix: `billingwatch:${prefix}`,
      rejectIfRedisNotReady: true,
      insuranceLimiter: inMemory(prefix),
    }),
  )

/** `penalty` only counts; `consume` would hold every key against one limit, and each tenant may have its own. */
function limiterOver(counter: RateLimiterAbstract): RateLimiter {
  const count = async (key: string, { requests, seconds }: RateLimit): Promise<Standing> => {
    const { consumedPoints, msBeforeNext } = await counter.penalty(`${key} ${requests}/${seconds}`, 1, {
      customDuration: seconds,
    })
    const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
    return {
      limit: requests,
      remaining: Math.max(0, requests - consumedPoints),
      resetSeconds,
      retryAfterSeconds: consumedPoints <= requests ? 0 : resetSeconds,
    }
  }
  return { count, take: async (key, limit) => (await count(key, limit)).retryAfterSeconds }
}

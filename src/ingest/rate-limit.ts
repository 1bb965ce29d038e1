import type { Redis } from 'ioredis'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { RateLimit } from '../config.ts'

/** Counts in fixed windows that begin with a key's first request, and with its first one under another limit. */
export interface RateLimiter {
  /**
   * Counts one request.
   * @returns 0 when it is within the limit, else the whole seconds until the window ends, at least 1
   */
  take(key: string, limit: RateLimit): Promise<number>
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
const limiterOver = (counter: RateLimiterAbstract): RateLimiter => ({
  async take(key, { requests, seconds }) {
    const { consumedPoints, msBeforeNext } = await counter.penalty(`${key} ${requests}/${seconds}`, 1, {
      customDuration: seconds,
    })
    return consumedPoints <= requests ? 0 : Math.max(1, Math.ceil(msBeforeNext / 1000))
  },
})

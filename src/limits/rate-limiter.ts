import type { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import type { RateLimit } from '../config.ts'
import { type Clock, systemClock } from '../time.ts'

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

/** The rate limit's headers for a client. */
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
  /** The same, with all that a client may see. */
  count(key: string, limit: RateLimit): Promise<Standing>
}

/** Counts one request of a key in a window of fixed length. */
type Count = (key: string, seconds: number) => Promise<{ requests: number; endsInMs: number }>

/** Counts in this process alone. */
export const memoryRateLimiter = (clock: Steady = systemClock): RateLimiter =>
  limiterOver(countInMemory(clock))

/**
 * Counts for all processes together. While Redis is away each process counts alone: a limit that is too
 * generous for a moment is better than refusing deliveries.
 * @param redis give it a command timeout, and no offline queue
 */
export function redisRateLimiter(prefix: string, redis: Redis, clock: Steady = systemClock): RateLimiter {
  const shared = countInRedis(prefix, redis)
  const alone = countInMemory(clock)
  return limiterOver((key, seconds) => shared(key, seconds).catch(() => alone(key, seconds)))
}

type Steady = Pick<Clock, 'steady'>

/** Milliseconds between two looks for windows that are over. */
const SWEEP_EVERY = 60_000

/** By the steady clock: a wall clock that is set back would keep a window open, and its key out. */
function countInMemory(clock: Steady): Count {
  const windows = new Map<string, { requests: number; endsAt: number }>()
  let sweepAt = clock.steady() + SWEEP_EVERY
  return async (key, seconds) => {
    const now = clock.steady()
    if (now >= sweepAt) {
      for (const [known, { endsAt }] of windows) if (endsAt <= now) windows.delete(known)
      sweepAt = now + SWEEP_EVERY
    }
    let window = windows.get(key)
    if (window === undefined || window.endsAt <= now) {
      window = { requests: 0, endsAt: now + seconds * 1_000 }
      windows.set(key, window)
    }
    window.requests += 1
    return { requests: window.requests, endsInMs: window.endsAt - now }
  }
}

function countInRedis(prefix: string, redis: Redis): Count {
  const counter = new RateLimiterRedis({
    // The library wants one limit for all keys, and is never asked: `penalty` only counts.
    points: 1,
    duration: 1,
    storeClient: redis,
    keyPrefix: `billingwatch:${prefix}`,
    rejectIfRedisNotReady: true,
  })
  return async (key, seconds) => {
    const { consumedPoints, msBeforeNext } = await counter.penalty(key, 1, { customDuration: seconds })
    return { requests: consumedPoints, endsInMs: msBeforeNext }
  }
}

function limiterOver(counted: Count): RateLimiter {
  const count = async (key: string, { requests: limit, seconds }: RateLimit): Promise<Standing> => {
    const { requests, endsInMs } = await counted(`${key} ${limit}/${seconds}`, seconds)
    // No more than the window has, though milliseconds are fractions and may add up to a hair above it.
    const resetSeconds = Math.min(seconds, Math.max(1, Math.ceil(endsInMs / 1000)))
    return {
      limit,
      remaining: Math.max(0, limit - requests),
      resetSeconds,
      retryAfterSeconds: requests <= limit ? 0 : resetSeconds,
    }
  }
  return { count, take: async (key, limit) => (await count(key, limit)).retryAfterSeconds }
}

import { Redis } from 'ioredis'
import type { Bus } from '../bus/bus.ts'
import { memoryBus } from '../bus/memory.ts'
import { postgresqlBus } from '../bus/postgresql.ts'
import { redisBus } from '../bus/redis.ts'
import { RedisStanding } from '../bus/redis-standing.ts'
import type { Config } from '../config.ts'
import { memoryQuota } from '../limits/memory-quota.ts'
import type { MakeQuota } from '../limits/quota.ts'
import { memoryRateLimiter, type RateLimiter, redisRateLimiter } from '../limits/rate-limiter.ts'
import { redisQuotas } from '../limits/redis-quota.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Clock } from '../time.ts'

export interface Shared {
  bus: Bus
  limiter(prefix: string): RateLimiter
  quota: MakeQuota
  close(): Promise<void>
}

/** What many processes share, through Redis; or what one has to itself. */
export function connectShared(
  { redisUrl, databaseUrl }: Config,
  { log, clock, metrics }: { log: Logger; clock: Clock; metrics: Pick<Metrics, 'redisUp'> },
): Shared {
  if (redisUrl === undefined) {
    const bus = databaseUrl.startsWith('file:')
      ? memoryBus()
      : postgresqlBus(databaseUrl, (err) => log.warn({ err }, 'trouble with the session of hints'))
    return {
      bus,
      limiter: () => memoryRateLimiter(clock),
      quota: memoryQuota,
      close: () => bus.close(),
    }
  }
  const standing = new RedisStanding({ log, clock, up: metrics.redisUp })
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
  })
  standing.watch(redis)
  const quotas = redisQuotas(redis)
  const bus = redisBus(redisUrl, standing)
  return {
    bus,
    limiter: (prefix) => redisRateLimiter(prefix, redis, clock),
    quota: quotas.quota,
    async close() {
      standing.close()
      await bus.close()
      quotas.close()
      redis.disconnect()
    },
  }
}

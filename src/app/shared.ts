import { Redis } from 'ioredis'
import type { Bus } from '../bus/bus.ts'
import { memoryBus } from '../bus/memory.ts'
import { postgresqlBus } from '../bus/postgresql.ts'
import { redisBus } from '../bus/redis.ts'
import type { Config } from '../config.ts'
import { memoryQuota } from '../limits/memory-quota.ts'
import type { MakeQuota } from '../limits/quota.ts'
import { memoryRateLimiter, type RateLimiter, redisRateLimiter } from '../limits/rate-limiter.ts'
import { redisQuotas } from '../limits/redis-quota.ts'
import type { Logger } from '../log.ts'
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
  { log, clock }: { log: Logger; clock: Clock },
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
  const complain = (err: Error): void => log.warn({ err }, 'trouble with Redis')
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    commandTimeout: 500,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', complain)
  const quotas = redisQuotas(redis)
  const bus = redisBus(redisUrl, complain)
  return {
    bus,
    limiter: (prefix) => redisRateLimiter(prefix, redis, clock),
    quota: quotas.quota,
    async close() {
      await bus.close()
      quotas.close()
      redis.disconnect()
    },
  }
}

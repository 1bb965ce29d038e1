import { Redis } from 'ioredis'
import { atEnd } from './endings.ts'

/** A client that tries once, as the server's own it never waits; ended after the file's tests. */
export function redisAt(port = 6379): Redis {
  const redis = new Redis(port, '127.0.0.1', {
    lazyConnect: true,
    enableOfflineQueue: false,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  redis.on('error', () => {})
  atEnd(() => redis.disconnect())
  return redis
}

/** A connected client, or undefined where no Redis answers. */
export async function connectRedis(): Promise<Redis | undefined> {
  const redis = redisAt()
  return redis.connect().then(
    () => redis,
    () => undefined,
  )
}

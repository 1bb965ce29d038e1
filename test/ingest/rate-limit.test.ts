import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { memoryRateLimiter, type RateLimiter, redisRateLimiter } from '../../src/limits/rate-limiter.ts'
import { connectRedis, redisAt } from '../support/redis.ts'

const [redis, second] = [await connectRedis(), await connectRedis()]
if (!redis) process.stderr.write('No Redis answers: the tests of shared rate limits are skipped.\n')

const behaviour = (make: () => RateLimiter) => {
  it('lets the limit through and then says how long to wait', async () => {
    const limiter = make()
    const limit = { requests: 3, seconds: 60 }
    const taken = []
    for (let n = 0; n < 5; n += 1) taken.push(await limiter.take('a', limit))
    expect(taken.slice(0, 3)).toEqual([0, 0, 0])
    for (const wait of taken.slice(3)) {
      expect(Number.isInteger(wait)).toBe(true)
      expect(wait).toBeGreaterThan(50)
      expect(wait).toBeLessThanOrEqual(60)
    }
  })

  it('counts each key alone, by its own limit', async () => {
    const limiter = make()
    expect(await limiter.take('a', { requests: 1, seconds: 60 })).toBe(0)
    expect(await limiter.take('a', { requests: 1, seconds: 60 })).toBeGreaterThan(0)
    expect(await limiter.take('b', { requests: 2, seconds: 60 })).toBe(0)
    expect(await limiter.take('b', { requests: 2, seconds: 60 })).toBe(0)
    expect(await limiter.take('b', { requests: 2, seconds: 60 })).toBeGreaterThan(0)
  })

  it('begins anew when the window ends', async () => {
    const limiter = make()
    const limit = { requests: 1, seconds: 1 }
    await limiter.take('a', limit)
    expect(await limiter.take('a', limit)).toBe(1)
    await vi.waitFor(async () => expect(await limiter.take('a', limit)).toBe(0), {
      timeout: 3_000,
      interval: 50,
    })
  })

  it('begins anew under another limit, a higher and a lower one', async () => {
    const limiter = make()
    const take = (requests: number, seconds: number) => limiter.take('a', { requests, seconds })
    for (let n = 0; n < 20; n += 1) await take(2, 3_600)
    expect(await take(2, 3_600)).toBeGreaterThan(0)
    expect([await take(3, 60), await take(3, 60), await take(3, 60)]).toEqual([0, 0, 0])
    const wait = await take(3, 60)
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    expect(await take(1, 60)).toBe(0)
    expect(await take(1, 60)).toBeGreaterThan(0)
  })

  it('lets no more through when many come at once', async () => {
    const limiter = make()
    const limit = { requests: 10, seconds: 60 }
    const waits = await Promise.all(Array.from({ length: 50 }, () => limiter.take('a', limit)))
    expect(waits.filter((wait) => wait === 0)).toHaveLength(10)
  })
}

describe('in memory', () => behaviour(() => memoryRateLimiter()))

describe.skipIf(!redis)('in Redis', () => {
  behaviour(() => redisRateLimiter(randomUUID(), redis ?? redisAt()))

  it('counts for two processes together', async () => {
    const prefix = randomUUID()
    const [one, two] = [redis, second].map((connection) => redisRateLimiter(prefix, connection ?? redisAt()))
    const limit = { requests: 1, seconds: 60 }
    expect(await one?.take('a', limit)).toBe(0)
    expect(await two?.take('a', limit)).toBeGreaterThan(0)
    expect(await one?.take('a', limit)).toBeGreaterThan(0)
  })
})

describe('with Redis away', () => {
  behaviour(() => redisRateLimiter(randomUUID(), redisAt(1)))

  it('goes on counting alone when the connection breaks', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const lost = redisAt(typeof address === 'object' && address !== null ? address.port : 1)
    await lost.connect().catch(() => {})
    const limiter = redisRateLimiter(randomUUID(), lost)
    expect(await limiter.take('a', { requests: 1, seconds: 60 })).toBe(0)
    expect(await limiter.take('a', { requests: 1, seconds: 60 })).toBeGreaterThan(0)
    server.close()
  })
})

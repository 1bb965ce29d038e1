import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryQuota } from '../../src/limits/memory-quota.ts'
import type { MakeQuota } from '../../src/limits/quota.ts'
import { redisQuotas } from '../../src/limits/redis-quota.ts'
import { connectRedis, redisAt } from '../support/redis.ts'

const redis = await connectRedis()
if (!redis) process.stderr.write('No Redis answers: the tests of shared quotas are skipped.\n')
const SOON = { timeout: 45_000, interval: 50 }
const refused = expect.objectContaining({ code: 'RATE_LIMITED' })

const opened: { close(): void }[] = []
afterEach(() => {
  for (const quotas of opened.splice(0)) quotas.close()
})

/** A process that shares what it counts. */
const newProcess = (over = redis ?? redisAt(), lease?: number) => {
  const quotas = redisQuotas(over, lease)
  opened.push(quotas)
  return quotas
}

const behaviour = (make: () => MakeQuota) => {
  it('lets as many be open as may be, for each key', async () => {
    const quota = make()('sockets', 2)
    const [a, b] = [randomUUID(), randomUUID()]
    await quota.take(a)
    await quota.take(a)
    await expect(quota.take(a)).rejects.toEqual(refused)
    await expect(quota.take(a)).rejects.toThrow('More than 2 sockets of this tenant are open at once.')
    await quota.take(b)
  })

  it('takes what is given back twice for once', async () => {
    const quota = make()('sockets', 2)
    const key = randomUUID()
    const first = await quota.take(key)
    await quota.take(key)
    first()
    first()
    await quota.take(key)
    await expect(quota.take(key)).rejects.toEqual(refused)
  })

  it('counts different things apart', async () => {
    const of = make()
    const key = randomUUID()
    await of('sockets', 1).take(key)
    await of('subscriptions', 1).take(key)
  })

  it('lets no more in when many come at once', async () => {
    const quota = make()('subscriptions', 10)
    const key = randomUUID()
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => quota.take(key)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  })
}

describe('in memory', () => behaviour(() => memoryQuota))

describe('with Redis away', () => behaviour(() => newProcess(redisAt(1)).quota))

describe.skipIf(!redis)('in Redis', () => {
  behaviour(() => newProcess().quota)

  it('counts for all processes together, and lets one have what another gives back', async () => {
    const key = randomUUID()
    const [one, two] = [newProcess().quota('sockets', 3), newProcess().quota('sockets', 3)]
    const giveBack = await one.take(key)
    await one.take(key)
    await two.take(key)
    for (const quota of [one, two]) await expect(quota.take(key)).rejects.toEqual(refused)
    giveBack()
    await two.take(key)
    await expect(one.take(key)).rejects.toEqual(refused)
  })

  it('lets no more in when many come at once to several processes', async () => {
    const key = randomUUID()
    const processes = Array.from({ length: 3 }, () => newProcess().quota('sockets', 10))
    const takes = processes.flatMap((quota) => Array.from({ length: 20 }, () => quota.take(key)))
    const all = await Promise.allSettled(takes)
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  })

  it('gives the places of a process that died to the others, and keeps those of one that lives', async () => {
    const key = randomUUID()
    const [dead, living, third] = [newProcess(redis, 500), newProcess(), newProcess()]
    await dead.quota('sockets', 2).take(key)
    // No word of it any more.
    dead.close()
    await living.quota('sockets', 2).take(key)
    const quota = third.quota('sockets', 2)
    await vi.waitFor(() => quota.take(key), SOON)
    await expect(quota.take(key)).rejects.toEqual(refused)
  })

  it('tells again what Redis has lost', async () => {
    const key = randomUUID()
    await newProcess(redis, 3_000).quota('sockets', 1).take(key)
    await redis?.del(`billingwatch:open:sockets:${key}`)
    await vi.waitFor(async () => expect(await redis?.hlen(`billingwatch:open:sockets:${key}`)).toBe(1), SOON)
    await expect(newProcess().quota('sockets', 1).take(key)).rejects.toEqual(refused)
  })

  it('leaves nothing in Redis when all is given back', async () => {
    const key = randomUUID()
    const quota = newProcess().quota('sockets', 1)
    const giveBack = await quota.take(key)
    giveBack()
    await vi.waitFor(
      async () => expect(await redis?.exists(`billingwatch:open:sockets:${key}`)).toBe(0),
      SOON,
    )
  })
})

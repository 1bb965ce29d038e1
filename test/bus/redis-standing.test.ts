import { expect, onTestFinished, test, vi } from 'vitest'
import { connectShared } from '../../src/app/shared.ts'
import { redisBus } from '../../src/bus/redis.ts'
import { RedisStanding } from '../../src/bus/redis-standing.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { systemClock } from '../../src/time.ts'
import { missingOwnRedis, OwnRedis } from '../faults/own-redis.ts'

const SOON = { timeout: 45_000, interval: 20 }
const missing = await missingOwnRedis()

/** What is written to the log, a parsed line each. */
function logged() {
  const lines: { level: number; msg: string; [field: string]: unknown }[] = []
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { log, lines, messages: () => lines.map(({ msg }) => msg) }
}

async function ownRedis() {
  const redis = await OwnRedis.start()
  onTestFinished(() => redis.stop())
  return redis
}

const shownOf = async ({ registry }: ReturnType<typeof createMetrics>) =>
  /^billingwatch_redis_up (.*)$/m.exec(await registry.metrics())?.[1]

const AWAY = 'Redis is away: each process counts limits alone and reads feeds every few seconds'

test.skipIf(missing)(
  'a Redis that goes away and comes back is one warning and one line that it is back, however much is asked of it meanwhile',
  async () => {
    const redis = await ownRedis()
    const { log, lines, messages } = logged()
    const metrics = createMetrics(false)
    const config = readConfig({ REDIS_URL: redis.url })
    const shared = connectShared(config, { log, clock: systemClock, metrics })
    onTestFinished(() => shared.close())
    await vi.waitFor(async () => expect(await shownOf(metrics)).toBe('1'), SOON)

    await redis.stop()
    await vi.waitFor(() => expect(messages()).toContain(AWAY), SOON)
    expect(await shownOf(metrics)).toBe('0')
    const limiter = shared.limiter('webhook')
    for (let n = 0; n < 50; n++) {
      shared.bus.publish('work')
      shared.bus.subscribe('work', () => {})()
      await limiter.take('tenant', { requests: 100, seconds: 60 })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(messages()).toEqual([AWAY])

    await redis.go()
    await vi.waitFor(() => expect(messages()).toContain('Redis is back'), SOON)
    expect(await shownOf(metrics)).toBe('1')
    expect(lines).toMatchObject([{ level: 40 }, { level: 30, seconds: expect.any(Number) }])
    expect(JSON.stringify(lines)).not.toMatch(/stack|isn't writeable/)
  },
)

test('while it stays away it is said again now and then, for how long and why', async () => {
  const { log, lines, messages } = logged()
  const { redisUp } = createMetrics(false)
  const standing = new RedisStanding({ log, clock: systemClock, up: redisUp, sayEveryMs: 200 })
  const bus = redisBus('redis://127.0.0.1:1', standing)
  await vi.waitFor(() => expect(lines.length).toBeGreaterThan(3), SOON)
  expect(new Set(messages())).toEqual(new Set([AWAY]))
  expect(lines[3]).toMatchObject({ level: 40, reason: expect.stringContaining('ECONNREFUSED') })
  standing.close()
  await bus.close()
  const said = lines.length
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(lines).toHaveLength(said)
})

test.skipIf(missing)('a server that is stopped says nothing of the connections that it ends', async () => {
  const redis = await ownRedis()
  const { log, lines } = logged()
  const metrics = createMetrics(false)
  const shared = connectShared(readConfig({ REDIS_URL: redis.url }), { log, clock: systemClock, metrics })
  await vi.waitFor(async () => expect(await shownOf(metrics)).toBe('1'), SOON)
  await shared.close()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(lines).toEqual([])
})

test('without REDIS_URL there is no word of whether it is up', async () => {
  const metrics = createMetrics(false)
  const { log } = logged()
  const shared = connectShared(readConfig({}), { log, clock: systemClock, metrics })
  expect(await shownOf(metrics)).toBeUndefined()
  await shared.close()
})

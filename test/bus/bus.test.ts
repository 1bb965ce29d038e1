import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Bus, Topic } from '../../src/bus/bus.ts'
import { memoryBus } from '../../src/bus/memory.ts'
import { redisBus } from '../../src/bus/redis.ts'

const REDIS = 'redis://127.0.0.1:6379'

async function redisAnswers(): Promise<boolean> {
  const probe = new Redis(REDIS, { lazyConnect: true, retryStrategy: null, connectTimeout: 500 })
  probe.on('error', () => {})
  try {
    await probe.connect()
    return true
  } catch {
    return false
  } finally {
    probe.disconnect()
  }
}

const adapters = [
  { name: 'the memory bus', open: () => memoryBus(), answers: true },
  { name: 'the Redis bus', open: () => redisBus(REDIS, () => {}), answers: await redisAnswers() },
]

for (const { name, open, answers } of adapters) {
  describe.skipIf(!answers)(name, () => {
    let bus: Bus
    const topic = (): Topic => `feed:ten_${Math.random().toString(36).slice(2)}`

    beforeAll(() => {
      bus = open()
    })
    afterAll(() => bus.close())

    /** Redis needs a moment to subscribe: hints are sent until the first arrives. */
    const hintUntilHeard = (on: Topic, listener: ReturnType<typeof vi.fn>) =>
      vi.waitFor(() => {
        bus.publish(on)
        expect(listener).toHaveBeenCalled()
      })

    it('brings a hint to every listener of its topic', async () => {
      const on = topic()
      const [first, second] = [vi.fn(), vi.fn()]
      bus.subscribe(on, first)
      bus.subscribe(on, second)
      await hintUntilHeard(on, first)
      await hintUntilHeard(on, second)
    })

    it('brings no hint of one tenant to another', async () => {
      const [mine, theirs] = [topic(), topic()]
      const [me, them] = [vi.fn(), vi.fn()]
      bus.subscribe(mine, me)
      bus.subscribe(theirs, them)
      await hintUntilHeard(theirs, them)
      expect(me).not.toHaveBeenCalled()
    })

    it('brings nothing more to a listener that has gone', async () => {
      const on = topic()
      const [gone, here] = [vi.fn(), vi.fn()]
      const leave = bus.subscribe(on, gone)
      bus.subscribe(on, here)
      await hintUntilHeard(on, gone)
      leave()
      gone.mockClear()
      here.mockClear()
      await hintUntilHeard(on, here)
      expect(gone).not.toHaveBeenCalled()
    })

    it('does not make a publisher wait for its listeners', () => {
      const on = topic()
      const listener = vi.fn()
      bus.subscribe(on, listener)
      bus.publish(on)
      expect(listener).not.toHaveBeenCalled()
    })
  })
}

describe('the Redis bus without a Redis', () => {
  it('loses hints, tells of the trouble, and throws nothing', async () => {
    const onError = vi.fn()
    const bus = redisBus('redis://127.0.0.1:1', onError)
    bus.subscribe('work', () => {})
    bus.publish('work')
    await vi.waitFor(() => expect(onError).toHaveBeenCalled())
    await bus.close()
  })
})

import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
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

/** A wire to a port of this machine that can be cut. */
async function wireTo(target: number) {
  const ends = new Set<Socket>()
  const server = createServer((near) => {
    const far = createConnection(target, '127.0.0.1')
    for (const end of [near, far]) ends.add(end.on('error', () => {}).on('close', () => ends.delete(end)))
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cut = () => {
    for (const end of ends) end.destroy()
  }
  return { port, cut, close: () => void server.close() }
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

    /** A listener that stands: the hint of the subscription itself has come, and is forgotten. */
    async function listenTo(on: Topic) {
      const listener = vi.fn()
      const leave = bus.subscribe(on, listener)
      await vi.waitFor(() => expect(listener).toHaveBeenCalled())
      listener.mockClear()
      return { listener, leave }
    }
    const called = (listener: ReturnType<typeof vi.fn>) =>
      vi.waitFor(() => expect(listener).toHaveBeenCalled())

    it('brings a hint to every listener of its topic', async () => {
      const on = topic()
      const [first, second] = [await listenTo(on), await listenTo(on)]
      bus.publish(on)
      await called(first.listener)
      await called(second.listener)
    })

    it('hints of its own accord once a listener stands, so that nothing falls between reading and listening', async () => {
      const listener = vi.fn()
      bus.subscribe(topic(), listener)
      expect(listener).not.toHaveBeenCalled()
      await called(listener)
    })

    it('brings no hint of one tenant to another', async () => {
      const mine = await listenTo(topic())
      const on = topic()
      const theirs = await listenTo(on)
      bus.publish(on)
      await called(theirs.listener)
      expect(mine.listener).not.toHaveBeenCalled()
    })

    it('brings nothing more to a listener that has gone', async () => {
      const on = topic()
      const gone = await listenTo(on)
      const here = await listenTo(on)
      gone.leave()
      gone.listener.mockClear()
      bus.publish(on)
      await called(here.listener)
      expect(gone.listener).not.toHaveBeenCalled()
    })

    it('does not make a publisher wait for its listeners', async () => {
      const on = topic()
      const { listener } = await listenTo(on)
      bus.publish(on)
      expect(listener).not.toHaveBeenCalled()
    })
  })
}

describe.skipIf(!(await redisAnswers()))('the Redis bus that was cut off', () => {
  it('hints when it is back, for what was told meanwhile', async () => {
    const between = await wireTo(6379)
    const bus = redisBus(`redis://127.0.0.1:${between.port}`, () => {})
    const listener = vi.fn()
    bus.subscribe('work', listener)
    await vi.waitFor(() => expect(listener).toHaveBeenCalled())
    listener.mockClear()
    between.cut()
    await vi.waitFor(() => expect(listener).toHaveBeenCalled(), { timeout: 10_000 })
    await bus.close()
    between.close()
  })
})

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

import { randomUUID } from 'node:crypto'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Bus, Topic } from '../../src/bus/bus.ts'
import { memoryBus } from '../../src/bus/memory.ts'
import { postgresqlBus } from '../../src/bus/postgresql.ts'
import { redisBus } from '../../src/bus/redis.ts'
import { RedisStanding } from '../../src/bus/redis-standing.ts'
import { createLogger } from '../../src/log.ts'
import { systemClock } from '../../src/time.ts'

const REDIS = 'redis://127.0.0.1:6379'
const SOON = { timeout: 45_000 }

const standing = (write: (line: string) => void = () => {}) =>
  new RedisStanding({ log: createLogger('info', { write }), clock: systemClock, up: { set: () => {} } })

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

const POSTGRESQL = process.env['TEST_DATABASE_URL'] ?? 'postgresql://root@127.0.0.1:5432/postgres'

async function postgresqlAnswers(): Promise<boolean> {
  const probe = new pg.Client({ connectionString: POSTGRESQL, connectionTimeoutMillis: 2_000 })
  probe.on('error', () => {})
  return probe.connect().then(
    async () => {
      await probe.end()
      return true
    },
    () => false,
  )
}

const adapters = [
  { name: 'the memory bus', open: () => memoryBus(), answers: true },
  { name: 'the Redis bus', open: () => redisBus(REDIS, standing()), answers: await redisAnswers() },
  {
    name: 'the PostgreSQL bus',
    open: () => postgresqlBus(POSTGRESQL, () => {}),
    answers: await postgresqlAnswers(),
  },
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
    const bus = redisBus(`redis://127.0.0.1:${between.port}`, standing())
    const listener = vi.fn()
    bus.subscribe('work', listener)
    await vi.waitFor(() => expect(listener).toHaveBeenCalled())
    listener.mockClear()
    between.cut()
    await vi.waitFor(() => expect(listener).toHaveBeenCalled(), { timeout: 45_000 })
    await bus.close()
    between.close()
  })
})

describe('the Redis bus without a Redis', () => {
  it('loses hints, tells of the trouble, and throws nothing', async () => {
    const said = vi.fn()
    const bus = redisBus('redis://127.0.0.1:1', standing(said))
    bus.subscribe('work', () => {})
    bus.publish('work')
    await vi.waitFor(() => expect(said).toHaveBeenCalled())
    await bus.close()
  })
})

describe.skipIf(!(await postgresqlAnswers()))('the PostgreSQL bus among processes', () => {
  /** A bus of another process that listens. */
  async function elsewhere(url = POSTGRESQL) {
    const bus = postgresqlBus(url, () => {})
    onTestFinished(() => bus.close())
    return bus
  }
  const topicOf = (): Topic => `feed:ten_${randomUUID()}`

  it('brings a hint to another process, and to its own once', async () => {
    const [one, other] = [await elsewhere(), await elsewhere()]
    const on = topicOf()
    const [here, there] = [vi.fn(), vi.fn()]
    one.subscribe(on, here)
    other.subscribe(on, there)
    // A session that comes to stand gives a hint of its own, so that it may take a second try to count.
    await vi.waitFor(async () => {
      here.mockClear()
      there.mockClear()
      one.publish(on)
      await vi.waitFor(() => expect(there).toHaveBeenCalledTimes(1), { timeout: 1_000 })
      expect(here).toHaveBeenCalledTimes(1)
    }, SOON)
  })

  it('sends the hints of a pass over many tenants together', async () => {
    const heard: string[] = []
    const listener = new pg.Client({ connectionString: POSTGRESQL })
    await listener.connect()
    onTestFinished(() => listener.end())
    listener.on('notification', ({ payload }) => void heard.push(payload ?? ''))
    await listener.query('LISTEN billingwatch')
    const bus = await elsewhere()
    const first = topicOf()
    await vi.waitFor(() => {
      bus.publish(first)
      return vi.waitFor(() => expect(heard.join()).toContain(first), { timeout: 200 })
    }, SOON)
    const topics = Array.from({ length: 300 }, topicOf)
    for (const topic of [...topics, ...topics]) bus.publish(topic)
    const ofPass = () => heard.filter((payload) => topics.some((topic) => payload.includes(topic)))
    await vi.waitFor(() => expect(ofPass().join(' ')).toContain(topics.at(-1)), SOON)
    // 300 names of 45 bytes; a notification holds less than 8,000.
    expect(ofPass()).toHaveLength(2)
    for (const topic of topics) expect(ofPass().join(' ').split(topic)).toHaveLength(2)
  })

  it('hints when it is back from being cut off, for what was told meanwhile', async () => {
    const url = new URL(POSTGRESQL)
    const between = await wireTo(Number(url.port || 5432))
    url.host = `127.0.0.1:${between.port}`
    const onError = vi.fn()
    const bus = postgresqlBus(url.href, onError)
    const listener = vi.fn()
    bus.subscribe('work', listener)
    // Once for the subscription, once for the session.
    await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(2), SOON)
    listener.mockClear()
    between.cut()
    await vi.waitFor(() => expect(listener).toHaveBeenCalled(), SOON)
    expect(onError).toHaveBeenCalled()
    await bus.close()
    between.close()
  })
})

describe('the PostgreSQL bus without a PostgreSQL', () => {
  it('brings hints within its process, tells of the trouble, and throws nothing', async () => {
    const onError = vi.fn()
    const bus = postgresqlBus('postgresql://nobody@127.0.0.1:1/none', onError)
    const listener = vi.fn()
    bus.subscribe('work', listener)
    await vi.waitFor(() => expect(onError).toHaveBeenCalled())
    listener.mockClear()
    bus.publish('work')
    await vi.waitFor(() => expect(listener).toHaveBeenCalled())
    await bus.close()
  })
})

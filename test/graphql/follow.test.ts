import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryBus } from '../../src/bus/memory.ts'
import type { Feed, Row } from '../../src/graphql/live/follow.ts'
import { Group } from '../../src/graphql/live/group.ts'
import { SharedReader } from '../../src/graphql/live/shared-reader.ts'
import type { SharedResult } from '../../src/graphql/live/shared-result.ts'
import { Subscriber } from '../../src/graphql/live/subscriber.ts'
import { Subscription } from '../../src/graphql/live/subscription.ts'
import { createMetrics } from '../../src/metrics.ts'

/** Rows that the reader keeps: fewer than are added at once, so that subscribers fall behind it. */
const KEEP = 4
const PAGE = 3
const metrics = createMetrics(false)

interface Shared extends SharedResult {
  seq: bigint
}

/** A list in memory with a reader and a group of everybody who follows it. */
async function list() {
  const bus = memoryBus()
  const rows: Row[] = []
  const read = async (after: bigint) => {
    await turn()
    return rows.filter(({ seq }) => seq > after).slice(0, PAGE)
  }
  const start = async () => BigInt(rows.length)
  const source = { start, read: async (after: bigint) => ({ rows: await read(after), more: true }) }
  const reader = new SharedReader<Row>(source, {
    bus,
    topic: 'feed:t',
    everyMs: 60_000,
    keep: KEEP,
    onError: (error) => void expect.fail(String(error)),
  })
  await reader.start()
  let executed = 0
  const resultOf = async ({ seq }: Row): Promise<Shared | undefined> => {
    executed += 1
    await turn()
    const textFor = () => ({ rest: Buffer.alloc(0), holders: 0 })
    return seq % 5n === 0n ? undefined : { data: {}, seq, bytes: 0, textFor }
  }
  const group = new Group({ reader, resultOf })
  const feed: Feed<Row> = { reader, missed: read, condensed: (missed) => missed, leave: () => {} }
  const stop = new AbortController()
  const subscribe = async (position: bigint, deliver?: (result: SharedResult) => void) => {
    const subscription = await Subscription.open(
      {
        connection: { open: async () => ({ signal: stop.signal, close: () => {} }), drained: turn },
        services: { metrics },
      },
      async () => ({ feed, position, itemOf: () => ({}), filter: '' }),
    )
    group.join()
    return new Subscriber({ subscription, group, deliver, onEnd: (one) => void group.leave(one) })
  }
  return {
    rows,
    subscribe,
    executed: () => executed,
    add: (count: number) => {
      for (let n = 0; n < count; n++) rows.push({ seq: BigInt(rows.length + 1) })
      bus.publish('feed:t')
    },
    end: async () => {
      stop.abort()
      reader.stop()
      await bus.close()
    },
  }
}

const step = fc.oneof(
  fc.record({ add: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ turns: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ joinBehind: fc.integer({ min: 0, max: 12 }), pace: fc.constantFrom('at once', 'slowly') }),
)

test('who joins whenever, wherever, and takes however slowly, gets every row once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { rows, subscribe, add, end } = await list()
      const followed: { from: number; got: number[]; reading: Promise<void> }[] = []
      const join = async (behind: number, pace: string) => {
        const from = Math.max(0, rows.length - behind)
        const got: number[] = []
        const take = (result: SharedResult) => void got.push(Number((result as Shared).seq))
        const subscriber = await subscribe(BigInt(from), pace === 'at once' ? take : undefined)
        const reading = (async () => {
          for await (const result of subscriber) {
            take(result)
            for (let n = 0; n < got.length % 4; n++) await turn()
          }
        })()
        followed.push({ from, got, reading })
      }
      for (const one of steps) {
        if ('add' in one) add(one.add)
        else if ('turns' in one) for (let n = 0; n < one.turns; n++) await turn()
        else await join(one.joinBehind, one.pace)
      }
      const wanted = (from: number) =>
        rows.map(({ seq }) => Number(seq)).filter((seq) => seq > from && seq % 5 !== 0)
      // Bounded: each turn moves everybody on, and a row takes a handful of them.
      for (let n = 0; n < 2_000 && followed.some(({ from, got }) => got.length < wanted(from).length); n++)
        await turn()
      for (let n = 0; n < 20; n++) await turn()
      expect(followed.map(({ got }) => got)).toEqual(followed.map(({ from }) => wanted(from)))
      await end()
      await Promise.all(followed.map(({ reading }) => reading))
    }),
    { numRuns: 150 },
  )
})

test('those who are live are sent a row with one execution, and one who left nothing more', async () => {
  const { subscribe, add, executed, end } = await list()
  const got: SharedResult[][] = [[], [], []]
  const all = await Promise.all(got.map((mine) => subscribe(0n, (result) => void mine.push(result))))
  const endings = all.map((subscriber) => subscriber.next())
  for (let n = 0; n < 10; n++) await turn()
  add(1)
  for (let n = 0; n < 50 && got.some((mine) => mine.length === 0); n++) await turn()
  expect([executed(), got.map((mine) => mine.length)]).toEqual([1, [1, 1, 1]])
  await all[0]?.return()
  add(1)
  for (let n = 0; n < 50 && got[2]?.length === 1; n++) await turn()
  expect([executed(), got.map((mine) => mine.length)]).toEqual([2, [1, 2, 2]])
  await end()
  expect(await Promise.all(endings)).toEqual(
    Array.from({ length: 3 }, () => ({ done: true, value: undefined })),
  )
})

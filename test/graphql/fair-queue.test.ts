import { describe, expect, test, vi } from 'vitest'
import { FairQueue } from '../../src/graphql/operations/fair-queue.ts'
import { UrgentWork } from '../../src/http/urgent-work.ts'

const LIMITS = { perKey: 2, total: 3, waiting: 100, timeoutMs: 60_000 }
const loopTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('turns', () => {
  test('begin one piece of work in a turn of the event loop', async () => {
    const turns = new FairQueue({ ...LIMITS, perKey: 100, total: 100 })
    let begun = 0
    const all = Promise.all(Array.from({ length: 20 }, () => turns.run('a', () => void begun++)))
    const seen: number[] = []
    while (begun < 20) {
      seen.push(begun)
      await loopTurn()
    }
    await all
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => (seen[0] === 1 ? n + 1 : n)))
    expect(seen.length).toBeGreaterThanOrEqual(19)
  })

  test('begin as many as the limit names, where it names some', async () => {
    const turns = new FairQueue({ ...LIMITS, perKey: 100, total: 100, perTurn: 8 })
    let begun = 0
    const all = Promise.all(Array.from({ length: 17 }, () => turns.run('a', () => void begun++)))
    const seen: number[] = []
    while (begun < 17) {
      await loopTurn()
      seen.push(begun)
    }
    await all
    // The first begins at once, where nothing else has begun in its turn.
    expect(seen.filter((count, n) => count !== seen[n - 1] && count > 1)).toEqual([9, 17])
  })

  test('let urgent work pass, for a moment at least', async () => {
    const urgent = new UrgentWork()
    const turns = new FairQueue(LIMITS, urgent)
    const order: string[] = []
    const delivery = urgent.run(async () => {
      for (let n = 0; n < 3; n++) await loopTurn()
      order.push('delivery')
    })
    await Promise.all([delivery, turns.run('a', () => void order.push('page'))])
    expect(order).toEqual(['delivery', 'page'])

    let finish = () => {}
    const endless = urgent.run(() => new Promise<void>((resolve) => (finish = resolve)))
    expect(await turns.run('a', () => 'done')).toBe('done')
    finish()
    await endless
  })

  test('go round the keys, however much one of them has waiting', async () => {
    const turns = new FairQueue(LIMITS)
    const order: string[] = []
    const greedy = Array.from({ length: 50 }, () => turns.run('greedy', () => void order.push('greedy')))
    const modest = Array.from({ length: 3 }, () => turns.run('modest', () => void order.push('modest')))
    await Promise.all([...greedy, ...modest])
    expect(order.lastIndexOf('modest')).toBeLessThanOrEqual(7)
  })

  test('keep a bound on what is under way, of one key and of all', async () => {
    const turns = new FairQueue(LIMITS)
    const finish: (() => void)[] = []
    const underway: string[] = []
    const start = (key: string) =>
      turns.run(key, async () => {
        underway.push(key)
        await new Promise<void>((resolve) => finish.push(resolve))
      })
    const all = Promise.all(['a', 'a', 'a', 'b', 'b', 'c'].map(start))
    for (let n = 0; n < 20; n++) await loopTurn()
    expect(underway).toEqual(['a', 'a', 'b'])
    while (underway.length < 6 || finish.length > 0) {
      finish.shift()?.()
      await loopTurn()
    }
    await all
    expect(underway.toSorted()).toEqual(['a', 'a', 'a', 'b', 'b', 'c'])
  })

  test('refuse what waits behind too many of its own, and nobody else', async () => {
    const turns = new FairQueue({ ...LIMITS, waiting: 5 })
    const given = Array.from({ length: 10 }, () => turns.run('a', () => 'done').catch((error) => error.code))
    const other = turns.run('b', () => 'done')
    expect(await other).toBe('done')
    expect(await Promise.all(given)).toEqual([
      ...Array.from({ length: 6 }, () => 'done'),
      ...Array.from({ length: 4 }, () => 'RATE_LIMITED'),
    ])
  })

  test('give up with RATE_LIMITED on what cannot be served in time, and say when to try again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const turns = new FairQueue({ ...LIMITS, perKey: 1, timeoutMs: 1_000 })
      let finish = () => {}
      const finished = new Promise<void>((resolve) => {
        finish = resolve
      })
      const first = turns.run('a', () => finished)
      const second = turns.run('a', () => 'never').catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(1_001)
      expect(await second).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 5 } })
      finish()
      await first
      expect(await turns.run('a', () => 'again')).toBe('again')
    } finally {
      vi.useRealTimers()
    }
  })

  test('pass on what a piece throws, and go on', async () => {
    const turns = new FairQueue(LIMITS)
    await expect(
      turns.run('a', () => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await turns.run('a', () => 1)).toBe(1)
  })
})

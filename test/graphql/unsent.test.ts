import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnsentBytes } from '../../src/graphql/live/unsent-bytes.ts'
import { RecentCache } from '../../src/graphql/operations/recent-cache.ts'

test('what is unsent is counted for its tenant and in all, and given back whole, in any order', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          tenant: fc.integer({ min: 0, max: 2 }),
          own: fc.integer({ min: 0, max: 90 }),
          shares: fc.boolean(),
        }),
      ),
      fc.func(fc.double({ noNaN: true })),
      (messages, order) => {
        const unsent = new UnsentBytes({ perTenant: 200, total: 400 })
        const shared = [0, 1, 2].map(() => ({ rest: Buffer.alloc(50), holders: 0 }))
        const held = messages.flatMap(({ tenant, own, shares }) => {
          const message = [`t${tenant}`, own, shares ? shared[tenant] : undefined] as const
          const release = unsent.hasRoom(...message) ? unsent.take(...message) : undefined
          expect(unsent.total).toBeLessThanOrEqual(400)
          return release ? [release] : []
        })
        for (const release of held.toSorted((a, b) => order(a) - order(b))) {
          release()
          release()
        }
        expect(unsent.total).toBe(0)
      },
    ),
  )
})

test('a text that several have unsent is counted once', () => {
  const unsent = new UnsentBytes({ perTenant: 1_000, total: 1_000 })
  const shared = { rest: Buffer.alloc(900), holders: 0 }
  const releases = Array.from({ length: 10 }, () => unsent.take('t', 5, shared))
  expect(unsent.total).toBe(950)
  expect([unsent.hasRoom('t', 45, shared), unsent.hasRoom('t', 60, shared)]).toEqual([true, false])
  for (const release of releases.slice(1)) release?.()
  expect(unsent.total).toBe(905)
  releases[0]?.()
  expect(unsent.total).toBe(0)
})

test('what was made a moment ago is made once, forgotten when there is too much, and a failure is not kept', async () => {
  const recent = new RecentCache<string>(10_000, (text) => text.length)
  const [a, b] = [{}, {}]
  let made = 0
  const make = (text: string) => async () => {
    made++
    return text
  }
  expect(await Promise.all([recent.get(a, 'x', make('1')), recent.get(a, 'x', make('2'))])).toEqual([
    '1',
    '1',
  ])
  expect(await recent.get(a, 'y', make('3'))).toBe('3')
  expect(made).toBe(2)
  await recent.get(b, 'x', make('z'.repeat(9_000)))
  expect(await recent.get(a, 'x', make('4'))).toBe('4')
  await expect(recent.get(b, 'fails', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await recent.get(b, 'fails', make('5'))).toBe('5')
})

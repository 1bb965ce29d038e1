import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash } from '../../../src/detection/statistics/hash.ts'
import { Ring } from '../../../src/detection/statistics/ring.ts'

const throughJson = (ring: Ring, capacity: number) => new Ring(capacity, JSON.parse(JSON.stringify(ring)))

describe('a ring', () => {
  it('knows what it was given, once', () => {
    const ring = new Ring(4)
    expect([ring.admit('a'), ring.admit('b'), ring.admit('a')]).toEqual([true, true, false])
    expect([ring.has('b'), ring.has('c')]).toEqual([true, false])
  })

  it('forgets the oldest when it is full', () => {
    const ring = new Ring(3)
    for (const id of ['a', 'b', 'c', 'd']) ring.admit(id)
    expect(['a', 'b', 'c', 'd'].map((id) => ring.has(id))).toEqual([false, true, true, true])
  })

  it('is the same after a trip through JSON, whenever that happens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 30 }),
        fc.array(fc.string(), { maxLength: 30 }),
        (first, then) => {
          const kept = new Ring(8)
          for (const id of first) kept.admit(id)
          const revived = throughJson(kept, 8)
          for (const id of then) {
            expect(revived.admit(id)).toBe(kept.admit(id))
          }
          expect(JSON.stringify(revived)).toBe(JSON.stringify(kept))
          for (const id of [...first, ...then]) expect(revived.has(id)).toBe(kept.has(id))
        },
      ),
    )
  })

  it('knows the same by its index as by looking', () => {
    const ring = new Ring(50)
    for (let i = 0; i < 500; i++) {
      ring.admit(`ch_${i}`)
      expect([ring.has(`ch_${i}`), ring.has(`ch_${i - 49}`), ring.has(`ch_${i - 50}`)]).toEqual([
        true,
        i >= 49,
        false,
      ])
    }
  })

  it('is stored in six characters an id, and in none while empty', () => {
    const ring = new Ring(1_024)
    expect(ring.toJSON()).toBe('')
    for (let i = 0; i < 5_000; i++) ring.admit(`ch_${i}`)
    expect(ring.toJSON().length).toBeLessThan(1_024 * 6)
  })
})

describe('the hash', () => {
  it('is a whole number of 32 bits, never 0, and tells alike ids apart', () => {
    const hashes = new Set<number>()
    for (let i = 0; i < 20_000; i++) hashes.add(hash(`ch_3Nabc${i}`))
    expect(hashes.has(0)).toBe(false)
    expect(hashes.size).toBeGreaterThan(19_998)
    for (const value of hashes) expect(value).toBe(value | 0)
  })
})

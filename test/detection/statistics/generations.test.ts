import { describe, expect, it } from 'vitest'
import { Generations } from '../../../src/detection/statistics/generations.ts'
import { DAY } from '../../../src/time.ts'

const T = 1_740_960_000
const known = (ids: Generations, ...wanted: string[]) => wanted.map((id) => ids.has(id))

describe('generations', () => {
  it('remember for a span, and forget after two', () => {
    const ids = new Generations(10, 14 * DAY)
    ids.add('a', T)
    ids.add('b', T + 15 * DAY)
    expect(known(ids, 'a', 'b')).toEqual([true, true])
    ids.add('c', T + 30 * DAY)
    expect(known(ids, 'a', 'b', 'c')).toEqual([false, true, true])
    ids.add('d', T + 90 * DAY)
    expect(known(ids, 'b', 'c', 'd')).toEqual([false, false, true])
  })

  it('are the same after JSON', () => {
    const ids = new Generations(10, DAY)
    for (let i = 0; i < 40; i++) ids.add(`cus_${i}`, T + i * 3_000)
    const revived = new Generations(10, DAY, JSON.parse(JSON.stringify(ids)))
    for (let i = 0; i < 40; i++) expect(revived.has(`cus_${i}`)).toBe(ids.has(`cus_${i}`))
    expect(JSON.stringify(revived)).toBe(JSON.stringify(ids))
  })
})

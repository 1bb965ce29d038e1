import { describe, expect, it } from 'vitest'
import { KeyReader } from '../../src/dashboard/keys/reader.ts'

describe('keys', () => {
  const meant: string[] = []
  const map = Object.fromEntries(['a', 'e', 'g e', 'g i'].map((keys) => [keys, () => meant.push(keys)]))
  const press = (...keys: readonly (readonly [string, number])[]): string[] => {
    meant.length = 0
    const reader = new KeyReader()
    for (const [key, at] of keys) reader.press(key, at, map)?.()
    return [...meant]
  }

  it('mean something alone, or as the second of two', () => {
    expect(press(['e', 0])).toEqual(['e'])
    expect(press(['g', 0], ['e', 500])).toEqual(['g e'])
  })

  it('mean themselves again after a pause', () => {
    expect(press(['g', 0], ['e', 1_200])).toEqual(['g e'])
    expect(press(['g', 0], ['e', 1_201])).toEqual(['e'])
  })

  it('mean themselves after a first key that they do not follow', () => {
    expect(press(['g', 0], ['a', 100], ['e', 200])).toEqual(['a', 'e'])
  })

  it('mean nothing that nobody has named', () => {
    expect(press(['q', 0], ['g', 10], ['q', 20], ['i', 30])).toEqual([])
  })
})

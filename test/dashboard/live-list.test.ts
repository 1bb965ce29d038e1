import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Attention,
  arrived,
  EMPTY,
  extended,
  type LiveList,
  loaded,
  mayMove,
  SETTLED,
  showWaiting,
} from '../../src/dashboard/screens/inbox/live-list.ts'

const calm: Attention = { atTop: true, newestFirst: true, visible: true, selected: 0, idle: SETTLED }

describe('a live list', () => {
  it('moves by itself where nobody is at it', () => {
    expect(mayMove(calm)).toBe(true)
  })

  it.each<[string, Partial<Attention>]>([
    ['it is scrolled', { atTop: false }],
    ['it is sorted otherwise', { newestFirst: false }],
    ['the page is hidden', { visible: false }],
    ['something is selected', { selected: 1 }],
    ['pointer or focus left it less than two seconds ago', { idle: SETTLED - 1 }],
  ])('does not move by itself while %s', (_why, attention) => {
    expect(mayMove({ ...calm, ...attention })).toBe(false)
  })

  it('puts what may go in above the others, and what may not behind a number', () => {
    const list = loaded(['b', 'a'], [])
    expect(arrived(list, 'c', true)).toEqual({ shown: ['c', 'b', 'a'], waiting: [] })
    expect(arrived(list, 'c', false)).toEqual({ shown: ['b', 'a'], waiting: ['c'] })
  })

  it('shows what waits together with the next that goes in, in order', () => {
    const list = arrived(arrived(loaded(['a'], []), 'b', false), 'c', false)
    expect(arrived(list, 'd', true)).toEqual({ shown: ['d', 'c', 'b', 'a'], waiting: [] })
    expect(showWaiting(list)).toEqual({ shown: ['c', 'b', 'a'], waiting: [] })
  })

  it('keeps a row in its place when it is reported again', () => {
    const list: LiveList = { shown: ['c', 'b'], waiting: ['d'] }
    expect(arrived(list, 'b', true)).toBe(list)
    expect(arrived(list, 'd', true)).toBe(list)
  })

  it('misses nothing that is raised while the page is fetched, and shows nothing twice', () => {
    const meanwhile = arrived(arrived(EMPTY, 'b', false), 'c', false)
    expect(loaded(['b', 'a'], meanwhile.waiting)).toEqual({ shown: ['b', 'a'], waiting: ['c'] })
  })

  it('has each anomaly once, whatever happens in whatever order', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('arrived' as const), id, move: fc.boolean() }),
      fc.record({ kind: fc.constant('extended' as const), ids: fc.uniqueArray(id) }),
      fc.record({ kind: fc.constant('shown' as const) }),
    )
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.array(step), (first, steps) => {
        let list = loaded(first, [])
        const known = new Set(first)
        for (const one of steps) {
          if (one.kind === 'arrived') {
            known.add(one.id)
            list = arrived(list, one.id, one.move)
          } else if (one.kind === 'extended') {
            for (const each of one.ids) known.add(each)
            list = extended(list, one.ids)
          } else list = showWaiting(list)
        }
        const all = [...list.shown, ...list.waiting]
        expect(new Set(all)).toEqual(known)
        expect(all.length).toBe(known.size)
      }),
    )
  })
})

import { describe, expect, test } from 'vitest'
import { addPeriods, lengthOf, nextTurn } from '../../src/calendar/periods.ts'
import { DAY } from '../../src/time.ts'

const at = (text: string) => Date.parse(`${text}Z`) / 1000
const month = { interval: 'month', count: 1 } as const

describe('periods', () => {
  test.each([
    ['2025-01-31T10:30:05', month, 1, '2025-02-28T10:30:05'],
    ['2025-01-31T10:30:05', month, 2, '2025-03-31T10:30:05'],
    ['2024-01-31T00:00:00', month, 1, '2024-02-29T00:00:00'],
    ['2024-02-29T00:00:00', { interval: 'year', count: 1 } as const, 1, '2025-02-28T00:00:00'],
    ['2025-11-30T00:00:00', { interval: 'month', count: 3 } as const, 1, '2026-02-28T00:00:00'],
    ['2025-03-31T23:59:59', month, -1, '2025-02-28T23:59:59'],
    ['2025-03-09T12:00:00', { interval: 'week', count: 2 } as const, 1, '2025-03-23T12:00:00'],
    ['2025-03-09T12:00:00', { interval: 'day', count: 1 } as const, 1, '2025-03-10T12:00:00'],
  ])('turn from %s by %o × %i to %s', (from, period, n, to) => {
    expect(addPeriods(at(from), period, n)).toBe(at(to))
  })

  test.each([
    ['2025-01-31T10:00:00', '2025-02-28T09:59:59', '2025-02-28T10:00:00'],
    ['2025-01-31T10:00:00', '2025-02-28T10:00:00', '2025-03-31T10:00:00'],
    ['2025-04-01T00:00:00', '2025-03-10T00:00:00', '2025-04-01T00:00:00'],
    ['2015-01-31T10:00:00', '2025-06-30T11:00:00', '2025-07-31T10:00:00'],
  ])('of a month anchored at %s turn next after %s at %s', (anchor, after, next) => {
    expect(nextTurn(at(anchor), month, at(after))).toBe(at(next))
  })

  test('have a usual length', () => {
    expect(lengthOf({ interval: 'week', count: 2 })).toBe(14 * DAY)
    expect(lengthOf({ interval: 'month', count: 12 })).toBe(365 * DAY)
  })
})

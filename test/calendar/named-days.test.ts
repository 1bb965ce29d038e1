import { describe, expect, it } from 'vitest'
import { NAMED_DAYS, namedDay } from '../../src/calendar/named-days.ts'
import { DAY } from '../../src/time.ts'

const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1_000 / DAY
const on = (date: string) => namedDay(dayOf(date))

describe('the named days', () => {
  it.each([
    ['2023-11-24', '2024-11-29', '2026-11-27'], // Black Friday
    ['2023-11-27', '2024-12-02', '2026-11-30'], // Cyber Monday
    ['2023-11-28', '2024-12-03', '2026-12-01'], // Giving Tuesday
    ['2024-05-12', '2025-05-11', '2026-05-10'], // Mother's day
    ['2024-06-16', '2025-06-15', '2026-06-21'], // Father's day
    ['2024-02-14', '2025-02-14', '2026-02-14'],
    ['2024-12-26', '2025-12-26', '2026-12-26'],
  ])('of a year are the same days whatever their date: %s, %s, %s', (...dates) => {
    const found = dates.map(on)
    expect(found[0]).toMatchObject({ recurs: 'YEARLY' })
    expect(new Set(found.map((named) => named?.place)).size).toBe(1)
  })

  it.each([
    ['2026-03-01', '2026-07-01'],
    ['2026-03-15', '2026-09-15'],
    ['2026-03-25', '2026-08-25'],
    ['2024-02-29', '2026-02-28', '2026-04-30'],
    ['2026-05-29', '2025-08-29', '2026-01-30'], // Fridays before a weekend that ends the month
  ])('of a month are the same days whatever its length: %s, %s', (...dates) => {
    const found = dates.map(on)
    expect(found[0]).toMatchObject({ recurs: 'MONTHLY' })
    expect(new Set(found.map((named) => named?.place)).size).toBe(1)
  })

  it('are few', () => {
    const year = Array.from({ length: 365 }, (_, i) => namedDay(dayOf('2025-01-01') + i))
    expect(year.filter((named) => named?.recurs === 'MONTHLY').length).toBeLessThan(60)
    expect(year.filter((named) => named?.recurs === 'YEARLY').length).toBeLessThan(60)
    const places = year.flatMap((named) => (named === undefined ? [] : [named.place]))
    expect(new Set(places).size).toBe(NAMED_DAYS)
    for (const ordinary of ['2026-03-10', '2026-05-28', '2026-11-19', '2026-01-07'])
      expect(on(ordinary)).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import { type Country, isHoliday } from '../../../src/simulator/trade/holidays.ts'

const holiday = (country: Country, text: string): boolean => {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  return isHoliday(country, { year, month, day })
}

describe('public holidays', () => {
  test.each<[Country, string]>([
    ['GB', '2026-04-03'],
    ['GB', '2026-04-06'],
    ['GB', '2026-05-04'],
    ['GB', '2026-05-25'],
    ['GB', '2026-08-31'],
    ['GB', '2026-12-28'],
    ['GB', '2027-12-27'],
    ['GB', '2027-12-28'],
    ['DE', '2026-05-14'],
    ['DE', '2026-05-25'],
    ['DE', '2027-03-26'],
    ['US', '2026-11-26'],
    ['US', '2026-05-25'],
    ['US', '2026-09-07'],
    ['FR', '2026-07-14'],
    ['JP', '2026-05-04'],
    ['AU', '2026-04-06'],
    ['ZA', '2026-04-27'],
  ])('%s has one on %s', (country, date) => expect(holiday(country, date)).toBe(true))

  test.each<[Country, string]>([
    ['GB', '2026-04-07'],
    ['GB', '2026-12-29'],
    ['DE', '2026-12-28'],
    ['US', '2026-04-03'],
    ['US', '2026-11-27'],
    ['FR', '2026-04-03'],
    ['JP', '2026-12-25'],
  ])('%s has none on %s', (country, date) => expect(holiday(country, date)).toBe(false))
})

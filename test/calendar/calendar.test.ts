import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarOf, UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import { countryOf, isCountry, placeOf } from '../../src/calendar/country.ts'
import { Zone } from '../../src/calendar/zone.ts'
import { DAY, HOUR } from '../../src/time.ts'

const seconds = (text: string): number => Date.parse(text) / 1_000
const dayNumber = (date: string): number => seconds(`${date}T00:00:00Z`) / DAY
const NOW = seconds('2026-06-01T00:00:00Z')
const there = (timezone: string, country?: string) => calendarOf({ timezone, country }, NOW, NOW)

describe('a zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T00:59:59Z', 1],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 2],
    ['Asia/Kolkata', '2026-10-02T18:30:00Z', 5.5],
    ['Asia/Kathmandu', '2026-10-02T18:30:00Z', 5.75],
    ['Australia/Lord_Howe', '2026-04-04T14:59:00Z', 11],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 10.5],
    ['America/New_York', '2026-11-01T06:00:00Z', -5],
  ])('%s is at %s ahead by %s hours', (zone, at, hours) => {
    expect(new Zone(zone).offset(seconds(at))).toBe(hours * HOUR)
  })

  it('shows what Intl shows, at any moment and however it is asked', () => {
    const names = ['Europe/Berlin', 'America/Santiago', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia']
    const moment = fc.integer({ min: seconds('2011-01-01T00:00:00Z'), max: seconds('2030-01-01T00:00:00Z') })
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(moment, { minLength: 1 }), (name, moments) => {
        const zone = new Zone(name)
        for (const at of moments) {
          const shown = new Date(at * 1_000).toLocaleString('sv-SE', { timeZone: name })
          expect(new Date((at + zone.offset(at)) * 1_000).toISOString().slice(0, 19).replace('T', ' ')).toBe(
            shown,
          )
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('a calendar', () => {
  it('knows the local day, hour and week', async () => {
    const kolkata = await there('Asia/Kolkata')
    const at = seconds('2026-10-02T19:00:00Z')
    expect(kolkata.localDay(at)).toBe(dayNumber('2026-10-03'))
    expect(kolkata.startOfDay(kolkata.localDay(at))).toBe(seconds('2026-10-02T18:30:00Z'))
    expect([kolkata.hourOfDay(at), kolkata.hourOfWeek(at)]).toEqual([0, 5 * 24])
    expect(kolkata.dateOf(kolkata.localDay(at))).toEqual({
      year: 2026,
      month: 10,
      dayOfMonth: 3,
      weekday: 5,
      daysInMonth: 31,
    })
    expect(kolkata.momentInWords(at)).toBe('Sat 3 Oct, 00:30')
    expect(UTC_CALENDAR.hourOfWeek(seconds('2026-10-05T00:00:00Z'))).toBe(0)
  })

  it.each([
    ['GB', 'Good Friday', '2026-04-03', 'NATIONAL'],
    ['GB', 'a summer bank holiday of most of the country', '2026-08-31', 'REGIONAL'],
    ['DE', 'Easter Monday', '2026-04-06', 'NATIONAL'],
    ['US', 'Thanksgiving', '2026-11-26', 'NATIONAL'],
    ['US', 'the day after Thanksgiving', '2026-11-27', 'REGIONAL'],
    ['AU', 'Anzac Day', '2026-04-25', 'NATIONAL'],
    ['JP', 'Showa Day', '2026-04-29', 'NATIONAL'],
    ['IN', 'Independence Day', '2026-08-15', 'NATIONAL'],
    ['GB', 'an ordinary Friday', '2026-04-10', undefined],
    ['US', 'Good Friday, a working day for most', '2026-04-03', undefined],
  ])('of %s knows %s, %s', async (country, _name, date, extent) => {
    expect((await there('UTC', country)).holidayOn(dayNumber(date))?.extent).toBe(extent)
  })

  it('counts a holiday by the local day', async () => {
    const auckland = await there('Pacific/Auckland', 'NZ')
    expect(auckland.holiday(seconds('2026-12-24T11:30:00Z'))?.name).toBe('Christmas Day')
    expect(auckland.holiday(seconds('2026-12-24T10:30:00Z'))).toBeUndefined()
  })

  it('knows a year that nobody announced', async () => {
    expect((await there('UTC', 'FR')).holidayOn(dayNumber('2021-07-14'))?.name).toBe('Bastille Day')
  })

  it('knows no holidays without a country, of an unknown one, or in a year that is a mistake', async () => {
    const christmas = dayNumber('2026-12-25')
    expect((await there('Europe/Berlin')).holidayOn(christmas)).toBeUndefined()
    expect((await there('UTC', 'AQ')).holidayOn(christmas)).toBeUndefined()
    expect((await there('UTC', 'DE')).holidayOn(dayNumber('9999-12-25'))).toBeUndefined()
  })
})

describe('a country', () => {
  it.each([
    ['Europe/Berlin', 'DE'],
    ['Europe/London', 'GB'],
    ['Asia/Kolkata', 'IN'],
    ['Asia/Calcutta', 'IN'],
    ['America/Argentina/Buenos_Aires', 'AR'],
    ['Asia/Ho_Chi_Minh', 'VN'],
    ['US/Eastern', 'US'],
    ['UTC', undefined],
    ['Etc/GMT+5', undefined],
  ])('is guessed from %s: %s', (zone, country) => {
    expect(countryOf(zone)).toBe(country)
  })

  it('that is set stands in place of the guess', () => {
    expect(placeOf({ timezone: 'Europe/Berlin', country: 'AT' }).country).toBe('AT')
    expect(placeOf({ timezone: 'Europe/Berlin', country: null }).country).toBe('DE')
  })

  it.each(['DE', 'GB', 'US', 'TW', 'AQ'])('%s is one', (code) => expect(isCountry(code)).toBe(true))
  it.each(['UK', 'DD', 'EU', 'ZZ', 'XX', 'de', 'DEU', ''])('%s is none', (code) =>
    expect(isCountry(code)).toBe(false),
  )
})

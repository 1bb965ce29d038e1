import { describe, expect, it } from 'vitest'
import { snoozeChoices } from '../../src/dashboard/screens/acts/snooze-choices.ts'
import { inUnit } from '../../src/dashboard/text/measure.ts'
import { money } from '../../src/dashboard/text/money.ts'
import { age, duration, momentWithZone } from '../../src/dashboard/text/time.ts'

describe('what the page writes', () => {
  it.each([
    ['EUR', '1234.50', '€1,234.50'],
    ['JPY', '1234', '¥1,234'],
    // Stripe gives these two decimals and three, Intl none and three.
    ['ISK', '12.00', 'ISK 12.00'],
    ['KWD', '1.234', 'KWD 1.234'],
    ['USD', '-29.00', '-$29.00'],
  ])('has as many decimals of %s as the API says', (currency, decimal, words) => {
    expect(money({ currency, decimal }).replaceAll('\u00a0', ' ')).toBe(words)
  })

  it.each([
    [59_000, 'now'],
    [60_000, '1m'],
    [3_599_000, '59m'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [14 * 86_400_000, '2w'],
  ])('says an age of %d ms as %s', (passed, words) => {
    expect(age(new Date(1_000_000_000_000).toISOString(), 1_000_000_000_000 + passed)).toBe(words)
  })

  it('takes a clock that is behind for now', () => {
    expect(age(new Date(5_000).toISOString(), 0)).toBe('now')
  })

  it.each([
    ['Europe/Berlin', '2026-03-29T00:59:00Z', 'Mar 29, 2026, 01:59 GMT+1'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 'Mar 29, 2026, 03:00 GMT+2'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', 'Oct 25, 2026, 02:30 GMT+1'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00Z', 'Jan 1, 2026, 05:45 GMT+5:45'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 'Apr 5, 2026, 01:30 GMT+10:30'],
  ])('writes moments as clocks in %s show them', (zone, at, words) => {
    expect(momentWithZone(at, zone)).toBe(words)
  })

  it.each([
    [0.4, '0.4 s'],
    [45, '45 s'],
    [720, '12 min'],
    [12_600, '3.5 h'],
    [172_800, '2 d'],
  ])('writes %d seconds as %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words)
  })

  it.each([
    [0.253, 'RATIO', '25 %'],
    [0.031, 'RATIO', '3.1 %'],
    [3.2, 'RATIO', '3.2×'],
    [1200, 'COUNT', '1,200'],
    [90, 'SECONDS', '1.5 min'],
  ] as const)('writes %d of unit %s as %s', (value, unit, words) => {
    expect(inUnit(value, unit)).toBe(words)
  })

  it('leaves money to the API', () => {
    expect(inUnit(2900, 'MONEY', '$29.00')).toBe('$29.00')
  })
})

describe('how long something can be put off', () => {
  it('means nine in the morning of the tenant, also where clocks change that night', () => {
    const saturday = Date.parse('2026-03-28T11:20:30Z')
    expect(snoozeChoices(saturday, 'Europe/Berlin')).toEqual([
      { label: 'For an hour', until: '2026-03-28T12:20:30.000Z' },
      { label: 'For four hours', until: '2026-03-28T15:20:30.000Z' },
      { label: 'Until tomorrow', until: '2026-03-29T07:00:00.000Z' },
      { label: 'Until Monday', until: '2026-03-30T07:00:00.000Z' },
    ])
  })

  it('means the next Monday on a Monday', () => {
    const monday = Date.parse('2026-06-01T04:00:00Z')
    expect(snoozeChoices(monday, 'Asia/Tokyo').at(-1)?.until).toBe('2026-06-08T00:00:00.000Z')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { zoneNamed } from '../../src/calendar/zone.ts'
import { INTERVALS, stepsBetween } from '../../src/graphql/read/intervals.ts'

const seconds = (text: string) => Date.parse(text) / 1_000
const steps = (from: string, to: string, interval: (typeof INTERVALS)[number], zone: string) =>
  [...stepsBetween(seconds(from), seconds(to), interval, zone)].map((at) =>
    new Date(at * 1_000).toISOString().slice(0, 16),
  )

describe('the spans of a chart', () => {
  test.each([
    [
      'whole hours',
      '2026-03-01T10:30:00Z',
      '2026-03-01T12:00:00Z',
      'HOUR',
      'UTC',
      ['2026-03-01T10:00', '2026-03-01T11:00'],
    ],
    [
      'nothing beyond the end',
      '2026-03-01T10:00:00Z',
      '2026-03-01T10:00:01Z',
      'HOUR',
      'UTC',
      ['2026-03-01T10:00'],
    ],
    ['days of UTC', '2026-03-01T10:00:00Z', '2026-03-02T00:00:00Z', 'DAY', 'UTC', ['2026-03-01T00:00']],
    [
      'days of a zone, one of 23 hours among them',
      '2026-03-28T00:00:00Z',
      '2026-03-30T12:00:00Z',
      'DAY',
      'Europe/Berlin',
      ['2026-03-27T23:00', '2026-03-28T23:00', '2026-03-29T22:00'],
    ],
    [
      'days of a zone, one of 25 hours among them',
      '2026-10-24T12:00:00Z',
      '2026-10-26T12:00:00Z',
      'DAY',
      'Europe/Berlin',
      ['2026-10-23T22:00', '2026-10-24T22:00', '2026-10-25T23:00'],
    ],
    [
      'a day whose midnight is skipped',
      '2024-09-07T12:00:00Z',
      '2024-09-09T12:00:00Z',
      'DAY',
      'America/Santiago',
      ['2024-09-07T04:00', '2024-09-08T04:00', '2024-09-09T03:00'],
    ],
    [
      'days of a zone that skipped one',
      '2011-12-29T12:00:00Z',
      '2011-12-31T12:00:00Z',
      'DAY',
      'Pacific/Apia',
      ['2011-12-29T10:00', '2011-12-30T10:00', '2011-12-31T10:00'],
    ],
    [
      'hours of a zone beside the hour',
      '2026-03-01T00:00:00Z',
      '2026-03-01T02:00:00Z',
      'HOUR',
      'Asia/Kathmandu',
      ['2026-02-28T23:15', '2026-03-01T00:15', '2026-03-01T01:15'],
    ],
    [
      'hours of a zone whose clocks go back by a half',
      '2026-04-04T14:00:00Z',
      '2026-04-04T17:00:00Z',
      'HOUR',
      'Australia/Lord_Howe',
      ['2026-04-04T14:00', '2026-04-04T14:30', '2026-04-04T15:30', '2026-04-04T16:30'],
    ],
    [
      'days of a zone beside the hour',
      '2026-03-01T00:00:00Z',
      '2026-03-02T00:00:00Z',
      'DAY',
      'Asia/Kolkata',
      ['2026-02-28T18:30', '2026-03-01T18:30'],
    ],
    [
      'weeks from Monday',
      '2026-03-04T00:00:00Z',
      '2026-03-16T00:00:00Z',
      'WEEK',
      'UTC',
      ['2026-03-02T00:00', '2026-03-09T00:00'],
    ],
  ] as const)('are %s', (_name, from, to, interval, zone, expected) => {
    expect(steps(from, to, interval, zone)).toEqual(expected)
  })

  test('follow on each other, begin before the range does, and end within it', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Africa/Cairo',
      'America/Sao_Paulo',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...INTERVALS),
        fc.integer({ min: seconds('2008-01-01T00:00:00Z'), max: seconds('2030-01-01T00:00:00Z') }),
        fc.integer({ min: 1, max: 40 * 86_400 }),
        (zone, interval, from, length) => {
          const starts = [...stepsBetween(from, from + length, interval, zone)]
          const longest = { HOUR: 3_600, DAY: 49 * 3_600, WEEK: 8 * 86_400 }[interval]
          expect(starts[0]).toBeLessThanOrEqual(from)
          expect(from - (starts[0] ?? 0)).toBeLessThan(longest)
          expect(starts.at(-1)).toBeLessThan(from + length)
          for (const [index, at] of starts.entries()) {
            if (index > 0) expect(at).toBeGreaterThan(starts[index - 1] ?? 0)
            if (index > 0) expect(at - (starts[index - 1] ?? 0)).toBeLessThanOrEqual(longest)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

test('the clocks of a zone are what Intl says at any moment, also where they change on two dates of one month', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'Africa/Cairo',
    'Pacific/Apia',
    'America/Caracas',
  ]
  const told = new Map(
    zones.map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }),
    ]),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: seconds('1971-01-01T00:00:00Z'), max: seconds('2060-01-01T00:00:00Z') }),
      (zone, at) => {
        const local = seconds(
          `${told
            .get(zone)
            ?.format(at * 1_000)
            .replace(' ', 'T')}Z`,
        )
        expect(zoneNamed(zone).offset(at)).toBe(local - at)
      },
    ),
    { numRuns: 2_000 },
  )
})

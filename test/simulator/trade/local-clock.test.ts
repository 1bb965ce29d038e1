import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LocalClock } from '../../../src/simulator/trade/local-clock.ts'
import { DAY, HOUR } from '../../../src/time.ts'

const at = (text: string): number => Date.parse(text) / 1000

describe('the clock of a place', () => {
  test.each([
    ['Asia/Kolkata', '2026-03-01T18:29:59Z', 23.99, 0],
    ['Asia/Kolkata', '2026-03-01T18:30:00Z', 0, 1],
    ['Asia/Kathmandu', '2026-03-01T18:15:00Z', 0, 1],
    ['America/St_Johns', '2026-03-08T05:29:00Z', 1.98, 0],
    ['America/St_Johns', '2026-03-08T05:30:00Z', 3, 0],
    ['Europe/Berlin', '2026-03-29T00:59:00Z', 1.98, 0],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 3, 0],
    ['Australia/Adelaide', '2026-04-04T16:29:00Z', 2.98, 0],
    ['Australia/Adelaide', '2026-04-04T16:30:00Z', 2, 0],
    ['Pacific/Auckland', '2026-04-04T12:00:00Z', 1, 0],
  ])('in %s shows at %s %s hours', (zone, moment, hours, weekday) => {
    const clock = new LocalClock(zone)
    expect(clock.hour(at(moment))).toBeCloseTo(hours, 1)
    expect(clock.weekday(at(moment))).toBe(weekday)
  })

  test('finds the moment of a local hour again, on any day in any zone', () => {
    const zones = [
      'Asia/Kathmandu',
      'America/St_Johns',
      'Europe/London',
      'Australia/Adelaide',
      'Pacific/Auckland',
    ]
    const clocks = zones.map((zone) => new LocalClock(zone))
    fc.assert(
      fc.property(
        fc.constantFrom(...clocks),
        fc.integer({ min: 20_400, max: 20_900 }),
        // The hours between midnight and five may not be there, or twice.
        fc.integer({ min: 5, max: 23 }),
        (clock, day, hour) => {
          const moment = clock.moment(day, hour)
          expect(clock.day(moment)).toBe(day)
          expect(clock.hour(moment)).toBe(hour)
        },
      ),
    )
  })

  test('has days of 23 and 25 hours', () => {
    const clock = new LocalClock('America/New_York')
    const length = (text: string): number => {
      const day = clock.day(at(text))
      return (clock.moment(day + 1) - clock.moment(day)) / HOUR
    }
    expect(length('2026-03-08T12:00:00Z')).toBe(23)
    expect(length('2026-11-01T12:00:00Z')).toBe(25)
    expect(length('2026-06-01T12:00:00Z')).toBe(DAY / HOUR)
  })
})

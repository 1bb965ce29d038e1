import { describe, expect, it } from 'vitest'
import { defaultSchedule, nextSummary, type Schedule, timingOf } from '../../src/alerts/schedule.ts'

const at = (schedule: Partial<Schedule>, soonest: string, zone = 'Europe/Berlin', now = soonest) => {
  const whole = { ...defaultSchedule(false), ...schedule }
  const { dueAt, grouped } = timingOf(whole, zone, new Date(soonest), new Date(now))
  return [dueAt.toISOString().replace('.000Z', 'Z'), grouped]
}
const night = { quietFrom: '22:00', quietTo: '07:00' }

describe('when an alert is sent', () => {
  it.each([
    ['at once', {}, '2026-06-10T12:00:00Z', '2026-06-10T12:00:00Z', false],
    ['just before quiet hours', night, '2026-06-10T19:59:59Z', '2026-06-10T19:59:59Z', false],
    ['as quiet hours begin', night, '2026-06-10T20:00:00Z', '2026-06-11T05:00:00Z', true],
    ['after midnight in quiet hours', night, '2026-06-10T23:30:00Z', '2026-06-11T05:00:00Z', true],
    ['as quiet hours end', night, '2026-06-11T05:00:00Z', '2026-06-11T05:00:00Z', false],
    [
      'in quiet hours of one day',
      { quietFrom: '12:00', quietTo: '13:00' },
      '2026-06-10T10:30:00Z',
      '2026-06-10T11:00:00Z',
      true,
    ],
    // The clocks go forward on 29 March 2026: seven o'clock comes an hour sooner.
    ['in the night that is an hour short', night, '2026-03-28T23:00:00Z', '2026-03-29T05:00:00Z', true],
    // They go back on 25 October 2026.
    ['in the night that is an hour long', night, '2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z', true],
    [
      'daily, later that day',
      { mode: 'DAILY', at: '09:00' },
      '2026-06-10T06:59:00Z',
      '2026-06-10T07:00:00Z',
      true,
    ],
    [
      'daily, the next day',
      { mode: 'DAILY', at: '09:00' },
      '2026-06-10T07:00:01Z',
      '2026-06-11T07:00:00Z',
      true,
    ],
    [
      'daily over a change of the clocks',
      { mode: 'DAILY', at: '09:00' },
      '2026-03-28T09:00:00Z',
      '2026-03-29T07:00:00Z',
      true,
    ],
    [
      'daily at a time that is skipped',
      { mode: 'DAILY', at: '02:30' },
      '2026-03-28T12:00:00Z',
      '2026-03-29T01:30:00Z',
      true,
    ],
    [
      'on Mondays',
      { mode: 'DAILY', at: '09:00', weekdays: [1] },
      '2026-06-10T12:00:00Z',
      '2026-06-15T07:00:00Z',
      true,
    ],
    ['hourly', { mode: 'HOURLY' }, '2026-06-10T12:00:01Z', '2026-06-10T13:00:00Z', true],
    [
      'hourly, not in quiet hours',
      { mode: 'HOURLY', ...night },
      '2026-06-10T19:30:00Z',
      '2026-06-11T05:00:00Z',
      true,
    ],
  ] satisfies [string, Partial<Schedule>, string, string, boolean][])(
    '%s',
    (_name, schedule, soonest, due, grouped) => {
      expect(at(schedule, soonest)).toEqual([due, grouped])
    },
  )

  it.each([
    [
      'in quiet hours that began meanwhile',
      '2026-06-10T19:59:00Z',
      '2026-06-10T20:00:00Z',
      '2026-06-11T05:00:00Z',
      true,
    ],
    ['before quiet hours', '2026-06-10T19:00:00Z', '2026-06-10T19:59:00Z', '2026-06-10T19:00:00Z', false],
    [
      'after those in which it came',
      '2026-06-10T23:00:00Z',
      '2026-06-11T08:00:00Z',
      '2026-06-11T05:00:00Z',
      true,
    ],
    ['in the next quiet hours', '2026-06-10T23:00:00Z', '2026-06-11T21:00:00Z', '2026-06-12T05:00:00Z', true],
  ])('planned late, %s', (_name, soonest, now, due, grouped) => {
    expect(at(night, soonest, 'Europe/Berlin', now)).toEqual([due, grouped])
  })

  it('takes the full hour of a zone whose hours are not those of UTC', () => {
    expect(at({ mode: 'HOURLY' }, '2026-06-10T12:00:00Z', 'Asia/Kolkata')).toEqual([
      '2026-06-10T12:30:00Z',
      true,
    ])
  })

  it('sums up on Mondays at nine', () => {
    expect(nextSummary('Europe/Berlin', new Date('2026-06-10T12:00:00Z')).toISOString()).toBe(
      '2026-06-15T07:00:00.000Z',
    )
    expect(nextSummary('Europe/Berlin', new Date('2026-06-15T07:00:00Z')).toISOString()).toBe(
      '2026-06-22T07:00:00.000Z',
    )
  })
})

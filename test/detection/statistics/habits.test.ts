import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Habits } from '../../../src/detection/statistics/habits.ts'
import { DAY, HOUR, MINUTE, type Seconds, WEEK } from '../../../src/time.ts'
import { MONDAY } from '../../support/times.ts'

const NINE: Seconds = MONDAY + 9 * HOUR

const habits = (...times: Seconds[]): Habits => {
  const known = new Habits()
  for (const from of times) known.note({ from, to: from + HOUR, signs: 12, exposure: 1 })
  return known
}
const date = (month: number, day: number, hour = 9): Seconds => Date.UTC(2025, month - 1, day, hour) / 1_000

describe('a habit', () => {
  const known: [name: string, times: Seconds[], at: Seconds][] = [
    ['each Monday', [NINE, NINE + WEEK], NINE + 2 * WEEK],
    ['each Monday, an hour off since clocks changed', [NINE, NINE + WEEK], NINE + 2 * WEEK - HOUR],
    ['every other Monday', [NINE, NINE + 2 * WEEK], NINE + 4 * WEEK],
    ['each Monday but one', [NINE, NINE + 2 * WEEK], NINE + 3 * WEEK],
    ['on the 1st', [date(3, 1), date(4, 1)], date(5, 1)],
    ['on the first working day', [date(7, 1), date(8, 1)], date(9, 3)],
    ['on the last day of the month', [date(1, 31), date(2, 28)], date(3, 31)],
    ['in the morning of four days', [NINE, NINE + DAY, NINE + 2 * DAY], NINE + 3 * DAY],
    ['on working days, after a weekend', [NINE + 2 * DAY, NINE + 3 * DAY, NINE + 4 * DAY], NINE + 7 * DAY],
  ]
  it.each(known)('is known the next time: %s', (_, times, at) => {
    expect(habits(...times).at(at, [])).toMatchObject({ signs: 12 })
  })

  const unknown: [name: string, times: Seconds[], at: Seconds][] = [
    ['after one time', [NINE], NINE + WEEK],
    ['at another time of the day', [NINE, NINE + WEEK], NINE + 2 * WEEK + 5 * HOUR],
    ['on another day', [NINE, NINE + WEEK], NINE + 2 * WEEK + 2 * DAY],
    ['on three days, which an outage can last', [NINE, NINE + DAY], NINE + 2 * DAY],
    ['when it ended two months ago', [NINE, NINE + WEEK, NINE + 2 * WEEK], NINE + 10 * WEEK],
    ['in the middle of a month', [date(3, 1), date(4, 1)], date(5, 15)],
  ]
  it.each(unknown)('is not known %s', (_, times, at) => {
    expect(habits(...times).at(at, [])).toBeUndefined()
  })

  it('is known after one time that a person called no incident', () => {
    const said = { at: NINE + DAY, fingerprint: '', startedAt: NINE, lastSeenAt: NINE + HOUR, customer: null }
    expect(habits(NINE).at(NINE + WEEK, [said])).toMatchObject({ occasions: 1 })
  })

  it('grows no more than twofold with one that went beyond it', () => {
    const known = habits(NINE, NINE + WEEK)
    const habit = known.at(NINE + 2 * WEEK, [])
    known.note({ from: NINE + 2 * WEEK, to: NINE + 2 * WEEK + HOUR, signs: 500, exposure: 1 }, habit)
    expect(known.at(NINE + 3 * WEEK, [])?.signs).toBe(16)
  })

  it('stays bounded and comes out of storage as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 90 * 24 * 60 }), { maxLength: 120 }), (minutes) => {
        const times = minutes.map((minute) => MONDAY + minute * MINUTE).sort((a, b) => a - b)
        const known = habits(...times)
        const stored = JSON.stringify(known)
        expect(stored.length).toBeLessThan(5_000)
        const revived = new Habits(JSON.parse(stored))
        const at = (times.at(-1) ?? MONDAY) + WEEK
        expect(revived.at(at, [])).toEqual(known.at(at, []))
      }),
    )
  })
})

describe('bursts too small to be reported', () => {
  const pile = (from: Seconds) => ({ from, to: from + HOUR, signs: 5, exposure: 1 })

  it('are one occasion where they lie within hours of each other', () => {
    const known = new Habits()
    known.noteQuiet(pile(NINE))
    known.noteQuiet(pile(NINE + 2 * HOUR))
    expect(known.at(NINE + WEEK, [])).toBeUndefined()
    known.noteQuiet(pile(NINE + WEEK))
    expect(known.at(NINE + 2 * WEEK, [])).toMatchObject({ occasions: 2, signs: 7.5 })
  })
})

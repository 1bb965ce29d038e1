import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { refunded, succeeded } from '../../support/facts.ts'
import { arrivals, daily, MONDAY, seeded } from '../../support/times.ts'
import { burst, judge, NOW, START, shop } from './refunds.ts'

describe('refunds that come back', () => {
  const mondays = Array.from({ length: 7 }, (_, week) => MONDAY + (week - 3) * 7 * DAY + 9 * HOUR)
  const until = MONDAY + 28 * DAY
  const sales = () => shop(0.5, until, START)
  const batches = (times: readonly Seconds[], number: number) =>
    times.flatMap((at) => burst(number, 20 * MINUTE, at))

  it.each([
    ['each Monday', mondays.slice(0, 6), 2],
    ['every other Monday', mondays.filter((_, week) => week % 2 === 0), 2],
    ['each morning', Array.from({ length: 20 }, (_, day) => NOW - (19 - day) * DAY), 3],
    ['on the 1st', [1, 2, 3, 4, 5].map((month) => Date.UTC(2025, month, 1, 10) / 1_000), 2],
    ['on the last day', [31, 59, 90, 120, 151].map((day) => Date.UTC(2025, 0, day, 17) / 1_000), 2],
  ])('%s are the course after %3$s times', (_, times, most) => {
    const from = (times[0] ?? 0) - 20 * DAY
    const to = (times.at(-1) ?? 0) + 2 * DAY
    expect(judge([...shop(0.5, to, from), ...batches(times, 14)]).length).toBeLessThanOrEqual(most)
  })

  const from = (days: readonly number[]) => days.map((day) => MONDAY + day * DAY + 9 * HOUR)
  const growing = (sizes: readonly number[], times: readonly Seconds[]) =>
    times.flatMap((at, time) => burst(sizes[time] ?? 0, 20 * MINUTE, at))
  const weeks = from([0, 7, 14, 21, 28, 35])

  describe('and were too few to be reported at first', () => {
    it.each([
      ['on Mondays from the first day on', [8, 8, 12, 19, 19, 16], weeks],
      ['on Mondays, a third more each week', [6, 8, 11, 14, 18, 24], weeks],
      ['on Fridays every second week', [7, 7, 7, 14, 15, 14], from([4, 18, 32, 46, 60, 74])],
      ['on Mondays, over the turn of an hour', [8, 8, 15, 19, 18], weeks.map((at) => at + 50 * MINUTE)],
      [
        'on the last day of the month',
        [7, 7, 15, 14, 15],
        [31, 59, 90, 120, 151].map((day) => Date.UTC(2025, 0, day, 17) / 1_000),
      ],
    ])('%s are the course by the third time', (_, sizes, times) => {
      const trade = shop(0.5, (times.at(-1) ?? 0) + 2 * DAY, (times[0] ?? 0) - 9 * HOUR)
      const payments = trade.filter(({ kind }) => kind === 'chargeSucceeded')
      const third = times[2] ?? 0
      const found = judge([...payments, ...growing(sizes, times)])
      expect(found.filter(({ startedAt }) => startedAt > third)).toEqual([])
    })

    it('are reported when they go far beyond, and at another time', () => {
      const payments = shop(1.5, MONDAY + 45 * DAY, MONDAY).filter(({ kind }) => kind === 'chargeSucceeded')
      const usual = growing([8, 8, 12, 12, 12], weeks)
      const last = weeks[5] ?? 0
      const thursday = last + 3 * DAY + 5 * HOUR
      expect(judge([...payments, ...usual, ...batches([last], 60)]).at(-1)?.startedAt).toBe(last)
      expect(judge([...payments, ...usual, ...batches([thursday], 14)]).at(-1)?.startedAt).toBe(thursday)
    })
  })

  it('are reported when they go far beyond, and again when the habit had ended', () => {
    const usual = batches(mondays.slice(0, 5), 12)
    const last = mondays[5] ?? 0
    expect(judge([...sales(), ...usual, ...batches([last], 12)]).length).toBeLessThanOrEqual(2)
    const beyond = judge([...sales(), ...usual, ...batches([last], 60)]).at(-1)
    expect(beyond?.startedAt).toBe(last)
    const later = last + 9 * 7 * DAY
    const again = judge([...shop(0.5, later + DAY, START), ...usual, ...batches([later], 12)])
    expect(again.at(-1)?.startedAt).toBe(later)
  })

  it('are the course as soon as a person has called the first no incident', () => {
    const [first = 0, second = 0] = mondays
    const facts = [...shop(0.5, second + DAY, START), ...batches([first, second], 14)]
    const [incident] = judge(facts)
    const said = {
      at: first + DAY,
      fingerprint: '',
      startedAt: incident?.startedAt ?? 0,
      lastSeenAt: incident?.lastSeenAt ?? 0,
      customer: null,
    }
    expect(judge(facts)).toHaveLength(2)
    expect(judge(facts, { feedback: [said] })).toHaveLength(1)
    expect(judge(facts, { feedback: [{ ...said, at: second + DAY }] })).toHaveLength(2)
  })

  it('are not the course when a burst comes at another time', () => {
    const usual = batches(mondays.slice(0, 5), 14)
    const thursday = (mondays[4] ?? 0) + 3 * DAY + 5 * HOUR
    expect(judge([...sales(), ...usual, ...batches([thursday], 14)]).at(-1)?.startedAt).toBe(thursday)
  })
})

describe('refunds against payments', () => {
  it('follow a first of the month with ten times the payments', () => {
    const random = seeded(12)
    const first = Date.UTC(2025, 3, 1) / 1_000
    const [from, to] = [first - 27 * DAY, first + 8 * DAY]
    const perDay = (at: Seconds) => (at >= first && at < first + DAY ? 2_000 : 200)
    const paid = arrivals(from, to, (at) => perDay(at) / 24, random)
    const given = paid
      .filter(() => random() < 0.04)
      .map((at) => refunded(at + Math.floor(-Math.log(1 - random()) * 1.5 * DAY)))
    expect(judge([...paid.map((at) => succeeded(at)), ...given])).toEqual([])
  })

  it.each([2, 4, 6, 8])(
    'are quiet in the first week at a hundred payments a day, at %s percent',
    (percent) => {
      const found = Array.from({ length: 10 }, (_, seed) => {
        const random = seeded(40 + seed)
        const paid = arrivals(START, START + 8 * DAY, daily(100), random)
        const days = Array.from({ length: 8 }, (_, day) => START + day * DAY + 9 * HOUR)
        // The clerk refunds what was bought the day before, all at once.
        const given = days.flatMap((at) =>
          paid.filter((when) => when >= at - 33 * HOUR && when < at - 9 * HOUR && random() < percent / 100),
        )
        const clerk = given.map((when) => refunded(Math.ceil(when / DAY) * DAY + 9 * HOUR))
        return judge([...paid.map((at) => succeeded(at)), ...clerk]).length
      })
      expect(found.reduce((sum, number) => sum + number, 0)).toBe(0)
    },
  )

  it('are reported in the first week when half of the payments are given back', () => {
    const paid = arrivals(START, START + 6 * DAY, daily(100), seeded(3)).map((at) => succeeded(at))
    expect(judge([...paid, ...burst(60, 2 * HOUR, START + 5 * DAY + 12 * HOUR)])).toHaveLength(1)
  })
})

describe('refunds on a quiet day', () => {
  it('are reported within a few hours where the day before is full of them', () => {
    const random = seeded(4)
    const weekend = (at: Seconds) => [0, 6].includes((Math.floor(at / DAY) + 4) % 7)
    const refundsAt = (at: Seconds) => (weekend(at) ? 0 : daily(16)(at))
    const saturday = MONDAY + 5 * DAY + 4 * HOUR
    const facts = [
      ...arrivals(START, saturday + DAY, daily(400), random).map((at) => succeeded(at)),
      ...arrivals(START, saturday, refundsAt, random).map((at) => refunded(at)),
    ]
    const [incident, ...rest] = judge([...facts, ...burst(12, HOUR, saturday)])
    expect(rest).toEqual([])
    expect(incident?.startedAt).toBe(saturday)
  })
})

import { expect } from 'vitest'
import { DAY, HOUR, MINUTE, type Seconds, WEEK } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { cases } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { arrivals, every, MONDAY, seeded } from '../support/times.ts'

const date = (text: string): Seconds => Date.parse(`${text}T00:00:00Z`) / 1_000

/** Monthly runs of bank debits, a hundred on each of these days: what is refused comes back before the rest is paid. */
const debitRuns = (shop: Merchant, dates: readonly string[], refused: (run: number) => number): Json[] =>
  dates.flatMap((text, run) =>
    every(date(text) + 6 * HOUR, 7, 100).flatMap((sent, i) => {
      const failed = i < refused(run)
      return shop.debited(sent, { at: sent + (failed ? 2 + (i % 2) : 5) * DAY, failed }, { currency: 'eur' })
    }),
  )
const FIRSTS = ['2026-01-01', '2026-02-01', '2026-03-01', '2026-04-01']

cases('runs of bank debits, of which the refusals come first', [
  {
    name: 'are no spike when each has about as many',
    history: (shop) => debitRuns(shop, FIRSTS, (run) => 9 + (run % 3)),
    says: [],
  },
  {
    name: 'are none beside a shop that takes cards',
    history: (shop) => [
      ...debitRuns(shop, FIRSTS, () => 12),
      ...shop.trade(date('2026-01-01'), date('2026-04-10'), { perDay: 30, failing: 0.05 }),
    ],
    about: ['CHARGE_FAILURE_SPIKE'],
    says: [],
  },
  {
    name: 'are one when half of a run comes back',
    history: (shop) => debitRuns(shop, FIRSTS, (run) => (run === 3 ? 50 : 9)),
    says: [{ detector: 'CHARGE_FAILURE_SPIKE', severity: 'HIGH', startedAt: '2026-04-03T06:00:00.000Z' }],
  },
])

/** Seven weeks of a shop, and refunds in one go at the same time of each of these days. */
const clerk = (shop: Merchant, days: readonly number[], number: (time: number) => number): Json[] => [
  ...shop.trade(MONDAY, MONDAY + 7 * WEEK, { perDay: 60 }),
  ...days.flatMap((day, time) =>
    every(MONDAY + day * DAY + 9 * HOUR, MINUTE, number(time)).flatMap((at) => shop.refunded(at)),
  ),
]

cases('a clerk who refunds', [
  {
    name: 'on Mondays is a habit by the third',
    history: (shop) => clerk(shop, [0, 7, 14, 21, 28, 35, 42], () => 14),
    about: ['REFUND_SPIKE'],
    says: { atMost: 2 },
  },
  {
    name: 'on Thursdays, now more and now fewer, is a habit by the third',
    history: (shop) => clerk(shop, [3, 10, 17, 24, 31, 38, 45], (time) => 10 + ((time * 5) % 7)),
    about: ['REFUND_SPIKE'],
    says: { atMost: 2 },
  },
])

/** Payments of a restaurant that is open from noon to eleven, by clocks `zone` hours east of UTC, but for some weekdays. */
function restaurant(shop: Merchant, zone: number, closedOn: readonly number[]): Json[] {
  const rate = (at: Seconds): number => {
    const local = at + zone * HOUR
    const hour = (local % DAY) / HOUR
    return hour >= 12 && hour < 23 && !closedOn.includes((Math.floor(local / DAY) + 4) % 7) ? 40 / 11 : 0
  }
  return arrivals(MONDAY, MONDAY + 6 * WEEK, rate, seeded(5)).map((at) => shop.paid(at))
}

cases(
  'a restaurant',
  [
    {
      name: 'in New York that is closed on Mondays is not reported for it',
      history: (shop) => restaurant(shop, -5, [1]),
      about: ['WEBHOOK_LAG', 'REVENUE_DROP'],
      says: [],
    },
  ],
  { timezone: 'America/New_York' },
)
cases(
  'a restaurant',
  [
    {
      name: 'in Tokyo that is closed on Wednesdays and Sundays is not reported for it',
      history: (shop) => restaurant(shop, 9, [0, 3]),
      about: ['WEBHOOK_LAG', 'REVENUE_DROP'],
      says: [],
    },
  ],
  { timezone: 'Asia/Tokyo' },
)

cases('all billed at once', [
  ...[150, 900].map((members) => ({
    name: `on the 1st, ${members} in the first month and the next, is no silence in between`,
    history: (shop: Merchant) =>
      ['2026-01-01', '2026-02-01'].flatMap((text) =>
        every(date(text) + HOUR, 3, members).map((at) => shop.paid(at)),
      ),
    says: [],
  })),
  {
    name: 'on the 15th is no silence either',
    history: (shop) =>
      ['2026-01-15', '2026-02-15', '2026-03-15'].flatMap((text) =>
        every(date(text) + 7 * HOUR, 5, 300).map((at) => shop.paid(at)),
      ),
    says: [],
  },
])

/** Four weeks of payments by some regulars or by somebody new each time: 14% fail, and then 60% for two days. */
function failing(shop: Merchant, regulars: number | undefined): Json[] {
  const random = seeded(11)
  const worse = MONDAY + 3 * WEEK + 8 * HOUR
  return every(MONDAY, DAY, 23).flatMap((day) =>
    every(day + 8 * HOUR, 14 * MINUTE, 50).map((at) => {
      const fails = random() < (at >= worse ? 0.6 : 0.14)
      const by = regulars === undefined ? {} : { customer: `cus_regular_${Math.floor(random() * regulars)}` }
      return fails ? shop.declined(at, by) : shop.paid(at, by)
    }),
  )
}

cases(
  'payments that fail',
  [undefined, 40, 25].map((regulars) => ({
    name: `are reported when ${regulars === undefined ? 'every payer is new' : `the same ${regulars} people pay`}`,
    history: (shop: Merchant) => failing(shop, regulars),
    about: ['CHARGE_FAILURE_SPIKE'] as const,
    says: [{ detector: 'CHARGE_FAILURE_SPIKE', startedAt: expect.stringMatching(/^2025-03-2[45]/) }],
  })),
)

/** A month of payments, and 16 refunds in an outage of 16 hours, whose events come within the hour after it. */
function backlog(shop: Merchant, place: (i: number, of: number) => number): Json[] {
  const from = MONDAY + 31 * DAY + 8 * HOUR
  const to = from + 16 * HOUR
  const events = [
    ...every(MONDAY, HOUR, 33 * 24).map((at) => shop.paid(at)),
    ...every(from + 10 * MINUTE, HOUR, 16).flatMap((at) => shop.refunded(at)),
  ]
  const inside = events
    .filter(({ created }) => Number(created) >= from && Number(created) < to)
    .toSorted((a, b) => Number(a['created']) - Number(b['created']))
  const rest = events.filter(({ created }) => Number(created) < from || Number(created) >= to)
  const step = (55 * MINUTE) / inside.length
  return [
    ...rest,
    ...inside.map((event, i) => ({
      ...event,
      received: Math.floor(to + step * place(i, inside.length)),
    })),
  ]
}

cases(
  'refunds in an outage',
  (
    [
      ['in their order', (i) => i],
      ['the newest first', (i, of) => of - 1 - i],
      ['in any order', (i, of) => (i * 29) % of],
    ] as const satisfies [string, (i: number, of: number) => number][]
  ).map(([order, place]) => ({
    name: `are found when they are delivered after it ${order}`,
    history: (shop: Merchant) => backlog(shop, place),
    about: ['REFUND_SPIKE'] as const,
    says: [{ detector: 'REFUND_SPIKE', startedAt: expect.stringMatching(/^2025-04-03T0[89]:/) }],
  })),
)

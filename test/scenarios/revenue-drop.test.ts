import { expect } from 'vitest'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import type { Trade } from '../support/checkout.ts'
import type { Merchant } from '../support/merchant.ts'
import { late, scenarios } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { MONDAY } from '../support/times.ts'

/** A Tuesday noon. */
const NOW: Seconds = MONDAY + 22 * DAY + 12 * HOUR
const [BEGIN, END] = [NOW - 22 * DAY, NOW + 5 * DAY]

/** Payments of 10.00 to 74.00, as the purchases of a shop vary. */
const size = (_: Seconds, random: () => number): number => Math.round(1_000 * Math.exp(2 * random()))

/** Three weeks and the days after them; meanwhile other events arrive, so that delivery is not what is missing. */
const shop = (at: Merchant, trade: Trade, end = END): Json[] => [
  ...at.trade(BEGIN, end, { amount: size, ...trade }),
  ...at.notes(BEGIN, end, HOUR / 3),
]

const between =
  (from: Seconds, to: Seconds, inside: number) =>
  (at: Seconds): number =>
    at >= from && at < to ? inside : 1

const MIDNIGHT = NOW - 12 * HOUR

const said = {
  customerId: null,
  status: 'RESOLVED',
  impact: expect.objectContaining({ currency: 'USD' }),
  message: expect.stringMatching(
    /^Revenue is about \d\d% below usual: in the \d+ (hours|days) from \w{3} \d/,
  ),
  endedAt: expect.any(String),
}

scenarios('REVENUE_DROP', {
  quiet: [
    [
      'on the Sundays of a business that sells on weekdays',
      (at) => shop(at, { perDay: 200, weekend: 0.1 }, NOW + 6 * DAY),
    ],
    [
      'on a holiday at -35%',
      (at) => shop(at, { perDay: 300, factor: between(MIDNIGHT, MIDNIGHT + DAY, 0.65) }),
    ],
    [
      'the day after a promotion',
      (at) =>
        shop(at, {
          perDay: 150,
          factor: (when) =>
            between(MIDNIGHT - 2 * DAY, MIDNIGHT, 4)(when) * between(MIDNIGHT, MIDNIGHT + DAY, 0.85)(when),
        }),
    ],
    [
      'when a tenant of three payments a day has none for five hours',
      (at) => shop(at, { perDay: 3, factor: between(NOW, NOW + 5 * HOUR, 0) }),
    ],
    [
      'when delivery stops for eight hours and what it held comes after',
      (at) =>
        at.trade(BEGIN, END, { perDay: 200, amount: size }).flatMap((event) => {
          const lag = NOW + 8 * HOUR - Number(event['created'])
          return lag > 0 && lag <= 8 * HOUR ? late([event], lag) : [event]
        }),
      ['WEBHOOK_LAG'],
    ],
    [
      'when delivery stops for eight hours and what it held is lost',
      (at) => at.trade(BEGIN, END, { perDay: 200, amount: size, factor: between(NOW, NOW + 8 * HOUR, 0) }),
      ['WEBHOOK_LAG'],
    ],
  ],
  firing: [
    [
      'at -97% for ten hours where 100 a day are usual',
      (at) => shop(at, { perDay: 100, factor: between(NOW, NOW + 10 * HOUR, 0.03) }),
      { ...said, severity: 'CRITICAL', advice: expect.stringMatching(/^Fewer payments come/) },
    ],
    [
      'at -70% for a day where 200 a day are usual',
      (at) => shop(at, { perDay: 200, factor: between(NOW, NOW + DAY, 0.3) }),
      { ...said, severity: expect.stringMatching(/HIGH|CRITICAL/) },
    ],
    [
      'at -50% for three days where 200 a day are usual',
      (at) => shop(at, { perDay: 200, factor: between(NOW, NOW + 3 * DAY, 0.5) }, NOW + 7 * DAY),
      said,
    ],
    [
      'when all prices are a tenth for a day, and says that payments are smaller',
      (at) =>
        shop(at, {
          perDay: 100,
          amount: (when, random) => Math.round(size(when, random) * between(NOW, NOW + DAY, 0.1)(when)),
        }),
      { ...said, advice: expect.stringContaining('smaller') },
    ],
  ],
})

import { expect } from 'vitest'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, scenarios } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { arrivals, daily, every, MONDAY, seeded } from '../support/times.ts'

const NOW: Seconds = MONDAY + 9 * HOUR
const END = NOW + 3 * DAY

/** Four weeks of payments and refunds, so many refunds a day, to the end. */
const shop = (at: Merchant, perDay: number, payments = Math.max(20, 5 * perDay)): Json[] => [
  ...at.trade(NOW - 28 * DAY, END, { perDay: payments }),
  ...refunds(at, perDay, NOW - 28 * DAY, END),
]

const refunds = (at: Merchant, perDay: number, from: Seconds, to: Seconds, seed = 1): Json[] =>
  arrivals(from, to, daily(perDay), seeded(seed)).flatMap((when) => at.refunded(when))

const burst = (at: Merchant, number: number, within: Seconds, from = NOW): Json[] =>
  every(from, Math.floor(within / number), number).flatMap((when) => at.refunded(when))

scenarios('REFUND_SPIKE', {
  quiet: [
    [
      "at a clerk's batch each weekday morning",
      (at) => {
        const days = Array.from({ length: 31 }, (_, day) => NOW - 28 * DAY + day * DAY).filter(
          (_, day) => day % 7 < 5,
        )
        return [
          ...at.trade(NOW - 28 * DAY, END, { perDay: 60 }),
          ...days.flatMap((day, i) => burst(at, 9 + (i % 4), 20 * MINUTE, day + (i % 3) * 15 * MINUTE)),
        ]
      },
    ],
    ['at seven in a day at any shop', (at) => [...shop(at, 0.1), ...burst(at, 7, DAY)]],
    [
      'at twice the usual number after a promotion',
      (at) => [...shop(at, 15), ...refunds(at, 15, NOW, NOW + 2 * DAY, 3)],
    ],
    [
      'when three payments are given back in twelve parts',
      (at) => [
        ...shop(at, 0.5),
        ...[0, 1, 2].flatMap((n) => {
          const { data } = at.paid(NOW - DAY, { id: `ch_part_${n}` }) as { data: { object: Json } }
          return [1, 2, 3, 4].map((part) =>
            at.event(
              'charge.refunded',
              NOW + n * HOUR + part * MINUTE,
              { ...data.object, amount_refunded: part * 500 },
              { previous: { amount_refunded: (part - 1) * 500 } },
            ),
          )
        }),
      ],
    ],
  ],
  firing: [
    [
      'at 25 in two hours where two a day are usual',
      (at) => [...shop(at, 2), ...burst(at, 25, 2 * HOUR)],
      {
        severity: 'CRITICAL',
        status: 'RESOLVED',
        customerId: null,
        impact: expect.objectContaining({ currency: 'USD' }),
        message: expect.stringMatching(/^\d+ payments have been refunded since Mon 3 Mar/),
        endedAt: expect.any(String),
      },
    ],
    [
      'at eight in a day where half a one is usual',
      (at) => [...shop(at, 0.5), ...burst(at, 8, DAY)],
      { severity: 'HIGH', detectedAt: iso(NOW + 21 * HOUR), endedAt: expect.any(String) },
    ],
    [
      'at four times the usual for two days, where 15 a day are usual',
      (at) => [...shop(at, 15), ...refunds(at, 45, NOW, NOW + 2 * DAY, 5)],
      { customerId: null, impact: expect.objectContaining({ currency: 'USD' }) },
    ],
  ],
})

import { expect } from 'vitest'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import type { Merchant, SubscriptionFields } from '../support/merchant.ts'
import { iso, money, scenarios, subjects } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import type { ItemOptions } from '../support/stripe/subscriptions.ts'
import { every } from '../support/times.ts'
import { seatsGone } from './incidents.ts'

const MONTH = 30 * DAY
const NOW = START + 200 * DAY + 9 * HOUR

const monthly = (n: number | string, at: Seconds): SubscriptionFields => ({
  id: `sub_${n}`,
  customer: `cus_${n}`,
  start: at - 10 * DAY,
  end: at + 20 * DAY,
})

/** One subscription's items change. */
const moved = (
  shop: Merchant,
  of: SubscriptionFields,
  at: Seconds,
  from: ItemOptions,
  to: ItemOptions,
): Json => shop.changed(at, { ...of, items: [from] }, { ...of, items: [to] })

/** Monthly subscriptions go from 49.00 to 29.00, evenly within the time. */
const downgrades = (shop: Merchant, number: number, within: Seconds): Json[] =>
  every(NOW, Math.floor(within / number), number).map((at, n) =>
    moved(shop, monthly(n, at), at, { unit: 4_900 }, { unit: 2_900 }),
  )

/** Two hundred days in which every tenth brings a cheaper plan, of subscriptions that are paid by the year. */
const usual = (shop: Merchant): Json[] => [
  ...every(START, 10 * DAY, 20).map((at, n) => {
    const yearly = { ...monthly(`old_${n}`, at), end: at + 350 * DAY }
    const plan: ItemOptions = { interval: 'year' }
    return moved(shop, yearly, at, { ...plan, unit: 49_000 }, { ...plan, unit: 29_000 })
  }),
  shop.note(NOW + 3 * DAY),
]

/** Monthly subscriptions of 29.00 that are seen to renew. */
const known = (shop: Merchant, number: number): Json[] =>
  every(NOW - DAY, 60, number).flatMap((at, i) => {
    const now = {
      id: `sub_known_${i}`,
      customer: `cus_known_${i}`,
      created: at - MONTH,
      start: at,
      end: at + MONTH,
    }
    const bill = { customer: now.customer, subscription: now.id, billing_reason: 'subscription_cycle' }
    return [
      shop.changed(at, { ...now, start: at - MONTH, end: at }, now, { request: null }),
      ...shop.billed(at + HOUR, { ...bill, period: [at, at + MONTH] }),
    ]
  })

const seats = (shop: Merchant, from: number, to: number): Json[] => [
  moved(shop, monthly('big', NOW), NOW, { unit: 500, quantity: from }, { unit: 500, quantity: to }),
  shop.note(NOW + 3 * DAY),
]

const big: Json = { ...seatsGone.says(NOW), endedAt: iso(NOW + DAY) }

const gone = (shop: Merchant): Json[] => [...seatsGone.events(shop, NOW, 0), shop.note(NOW + 3 * DAY)]

scenarios('PLAN_DOWNGRADE', {
  quiet: [
    ['at four downgrades in an hour', (shop) => [...usual(shop), ...downgrades(shop, 4, HOUR)]],
    [
      'at downgrades that a schedule made',
      (shop) => [
        ...usual(shop),
        ...every(NOW, 300, 20).map((at, n) => {
          const planned = { ...monthly(n, at), schedule: `sub_sched_${n}` }
          const before = { ...planned, items: [{ unit: 4_900 }] }
          return shop.changed(at, before, { ...planned, items: [{ unit: 2_900 }] }, { request: null })
        }),
      ],
    ],
    [
      'when prices are raised for all',
      (shop) => [
        ...usual(shop),
        ...every(NOW, 60, 40).map((at, n) =>
          moved(shop, monthly(n, at), at, { unit: 2_900 }, { unit: 3_900 }),
        ),
      ],
    ],
    ['when thirty seats become 27', (shop) => seats(shop, 30, 27)],
    [
      'when a large customer gives up a tenth of many seats',
      (shop) => [...known(shop, 30), ...seats(shop, 289, 260)],
    ],
    [
      'when many pay by the year from now on',
      (shop) => [
        ...usual(shop),
        ...every(NOW, 300, 20).map((at, n) => {
          const anew = { ...monthly(n, at), start: at, end: at + 365 * DAY, billing_cycle_anchor: at }
          const before = { ...monthly(n, at), items: [{ unit: 2_900 }] }
          return shop.changed(at, before, { ...anew, items: [{ unit: 29_000, interval: 'year' }] })
        }),
      ],
    ],
  ],
  firing: [
    [
      'at five within a day where one in ten days is usual',
      (shop) => [...usual(shop), ...downgrades(shop, 5, DAY)],
      {
        severity: 'MEDIUM',
        customerId: null,
        occurrences: 5,
        impact: money(5 * 2_000, 'USD'),
        subjects: subjects('sub_0', 'sub_4'),
        startedAt: iso(NOW),
        endedAt: expect.any(String),
      },
    ],
    [
      'at fifteen within two hours, and calls it critical',
      (shop) => [...usual(shop), ...downgrades(shop, 15, 2 * HOUR)],
      {
        severity: 'CRITICAL',
        customerId: null,
        occurrences: 15,
        impact: money(15 * 2_000, 'USD'),
        startedAt: iso(NOW),
      },
    ],
    ['when 289 seats become 8, before anything is known of the tenant', gone, big],
    [
      'when 289 seats become 8 where 29.00 a month is usual',
      (shop) => [...known(shop, 30), ...gone(shop)],
      { ...big, severity: 'CRITICAL' },
    ],
  ],
})

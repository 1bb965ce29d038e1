import { expect } from 'vitest'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import type { BillFields, Merchant, SubscriptionFields } from '../support/merchant.ts'
import { iso, scenarios, subjects } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { turnedEarly } from './incidents.ts'

const MONTH = 30 * DAY
/** When the period from START on ends. */
const DUE = START + MONTH
const PLAN: SubscriptionFields = {
  id: 'sub_ana',
  customer: 'cus_ana',
  start: START,
  end: DUE,
  created: START,
}

const bill = (of: BillFields = {}): BillFields => ({
  customer: 'cus_ana',
  subscription: 'sub_ana',
  billing_reason: 'subscription_cycle',
  ...of,
})

/** A period turns and its renewal is paid. */
const renewed = (
  shop: Merchant,
  { at, from, to, of = {} }: { at: Seconds; from: [Seconds, Seconds]; to: [Seconds, Seconds]; of?: Json },
): Json[] => [
  shop.changed(
    at,
    { ...PLAN, start: from[0], end: from[1], ...of },
    { ...PLAN, start: to[0], end: to[1], ...of },
    { request: null },
  ),
  ...shop.billed(at, bill({ id: `in_${at}`, period: to })),
]

const begun = (shop: Merchant, end: Seconds = DUE, of: Json = {}): Json[] => [
  shop.subscribed(START, { ...PLAN, end, ...of }),
  ...shop.billed(START, bill({ billing_reason: 'subscription_create', period: [START, end] })),
]

/** The second period begins so much later than the first one ended, or earlier. */
const off = (shop: Merchant, by: Seconds): Json[] => [
  ...begun(shop),
  ...renewed(shop, { at: DUE + by, from: [START, DUE], to: [DUE + by, DUE + by + MONTH] }),
  shop.note(DUE + by + 2 * DAY),
]

const day = (text: string): Seconds => Date.parse(`${text}T09:00:00Z`) / 1_000

const { message: _, startedAt: __, ...said } = turnedEarly.says(DUE)

scenarios('TIMEZONE_BILLING_ERROR', {
  quiet: [
    [
      'at a daily plan that renews each day',
      (shop) => {
        const daily = { items: [{ interval: 'day' }] }
        const days = [1, 2, 3].map((n): [Seconds, Seconds] => [START + (n - 1) * DAY, START + n * DAY])
        return [
          ...begun(shop, START + DAY, daily),
          ...days.flatMap(([start, end]) =>
            renewed(shop, { at: end, from: [start, end], to: [end, end + DAY], of: daily }),
          ),
        ]
      },
    ],
    [
      'from 31 January to 28 February and on to 31 March',
      (shop) => {
        const [jan, feb, mar, apr] = [
          day('2025-01-31'),
          day('2025-02-28'),
          day('2025-03-31'),
          day('2025-04-30'),
        ]
        const of = { created: jan, billing_cycle_anchor: jan }
        return [
          shop.subscribed(jan, { ...PLAN, start: jan, end: feb, ...of }),
          ...shop.billed(jan, bill({ billing_reason: 'subscription_create', period: [jan, feb] })),
          ...renewed(shop, { at: feb, from: [jan, feb], to: [feb, mar], of }),
          ...renewed(shop, { at: mar, from: [feb, mar], to: [mar, apr], of }),
        ]
      },
    ],
    [
      'when a change of plan begins a new cycle',
      (shop) => {
        const at = DUE - 30 * HOUR
        const anew = { start: at, end: at + MONTH, billing_cycle_anchor: at, items: [{ unit: 5_900 }] }
        return [
          ...begun(shop),
          shop.changed(at, PLAN, { ...PLAN, ...anew }),
          ...shop.billed(
            at,
            bill({ billing_reason: 'subscription_update', total: 5_700, period: [at, at + MONTH] }),
          ),
        ]
      },
    ],
    [
      'at the invoice of an upgrade on the day of the renewal',
      (shop) => {
        const now = { ...PLAN, start: DUE, end: DUE + MONTH }
        return [
          ...begun(shop),
          ...renewed(shop, { at: DUE, from: [START, DUE], to: [DUE, DUE + MONTH] }),
          shop.changed(DUE + 5 * HOUR, now, { ...now, items: [{ unit: 4_900 }] }),
          ...shop.billed(
            DUE + 5 * HOUR,
            bill({ billing_reason: 'subscription_update', prorated: true, total: 2_000 }),
          ),
        ]
      },
    ],
    ['at a renewal that is paid, told by each of its events', (shop) => off(shop, 0)],
    ['at a period that turns two hours late', (shop) => off(shop, 2 * HOUR)],
  ],
  firing: [
    [
      'at two renewals of a monthly plan a day apart',
      (shop) => [
        ...begun(shop),
        ...renewed(shop, { at: DUE, from: [START, DUE], to: [DUE, DUE + MONTH] }),
        ...shop.billed(DUE + DAY, bill({ id: 'in_again', period: [DUE, DUE + MONTH] })),
        shop.note(DUE + 3 * DAY),
      ],
      {
        ...said,
        severity: 'HIGH',
        startedAt: iso(DUE + DAY),
        detectedAt: iso(DUE + DAY),
        endedAt: iso(DUE + 2 * DAY),
        subjects: subjects(`in_${DUE}`, 'in_again', 'sub_ana', 'cus_ana'),
      },
    ],
    [
      'at a period that turns five hours early',
      (shop) => [...begun(shop), ...turnedEarly.events(shop, DUE - 5 * HOUR, 0), shop.note(DUE + DAY)],
      { ...turnedEarly.says(DUE - 5 * HOUR), endedAt: iso(DUE + 19 * HOUR) },
    ],
    [
      'at a period that turns thirty hours late',
      (shop) => off(shop, 30 * HOUR),
      {
        ...said,
        detectedAt: iso(DUE + 30 * HOUR),
        message: expect.stringContaining('1 day 6 hours too late'),
      },
    ],
  ],
})

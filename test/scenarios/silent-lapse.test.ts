import { expect } from 'vitest'
import { DAY, HOUR } from '../../src/time.ts'
import type { BillFields, Merchant, SubscriptionFields } from '../support/merchant.ts'
import { iso, money, scenarios, subjects } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'

const MONTH = 30 * DAY
/** When the first renewal is due. */
const DUE = START + MONTH
const MINE = { id: 'sub_ana', customer: 'cus_ana' }
const FIRST: SubscriptionFields = { ...MINE, start: START, end: DUE }
const NEXT: SubscriptionFields = { ...MINE, created: START, start: DUE, end: DUE + MONTH }

const bill = (of: BillFields = {}): BillFields => ({ customer: 'cus_ana', subscription: 'sub_ana', ...of })
const RENEWAL = bill({ id: 'in_renewal', billing_reason: 'subscription_cycle', period: [DUE, DUE + MONTH] })

/** A shop where something happens each day, and a subscription whose first period is paid. */
const begun = (shop: Merchant, until: number, over: Json = {}): Json[] => [
  ...shop.notes(START - DAY, until),
  shop.note(until),
  shop.subscribed(START, { ...FIRST, ...over }),
  ...shop.billed(START, bill({ billing_reason: 'subscription_create', period: [START, DUE] })),
]

/** The period turns: Stripe does that, paid or not. */
const turned = (shop: Merchant, over: Json = {}): Json =>
  shop.changed(DUE, { ...FIRST, ...over }, { ...NEXT, ...over }, { request: null })

const pastDue = (shop: Merchant): Json[] => [
  turned(shop),
  shop.drafted(DUE, RENEWAL),
  ...shop.refused(DUE + HOUR, RENEWAL),
  shop.changed(DUE + HOUR, NEXT, { ...NEXT, status: 'past_due' }, { request: null }),
]

const said = {
  severity: 'HIGH',
  confidence: 1,
  customerId: 'cus_ana',
  impact: money(2_900, 'USD'),
  subjects: subjects('sub_ana', 'cus_ana'),
  startedAt: iso(DUE),
  detectedAt: iso(DUE + 3 * DAY),
  endedAt: null,
}

scenarios('SILENT_LAPSE', {
  quiet: [
    [
      'at a renewal that is past due for ten days',
      (shop) => [...begun(shop, DUE + 10 * DAY), ...pastDue(shop)],
    ],
    [
      'at an annual plan on its two hundredth day',
      (shop) => {
        const year: SubscriptionFields = { ...FIRST, end: START + 365 * DAY, items: [{ interval: 'year' }] }
        const first = bill({ billing_reason: 'subscription_create', period: [START, START + 365 * DAY] })
        return [
          ...shop.notes(START, START + 200 * DAY),
          shop.subscribed(START, year),
          ...shop.billed(START, first),
        ]
      },
    ],
    [
      'at an invoice that was sent twenty days ago',
      (shop) => {
        const sent = { collection_method: 'send_invoice', days_until_due: 30 }
        const open = { ...RENEWAL, collection_method: 'send_invoice', due_date: DUE + MONTH }
        return [...begun(shop, DUE + 20 * DAY, sent), turned(shop, sent), shop.finalized(DUE + HOUR, open)]
      },
    ],
    [
      'while collection is paused',
      (shop) => {
        const pause = { pause_collection: { behavior: 'void', resumes_at: null } }
        return [
          ...begun(shop, DUE + 10 * DAY),
          shop.changed(START + 10 * DAY, FIRST, { ...FIRST, ...pause }),
          turned(shop, pause),
          shop.voided(DUE + HOUR, RENEWAL),
        ]
      },
    ],
    [
      'at a coupon that pays for all',
      (shop) => [
        ...begun(shop, DUE + 29 * DAY),
        turned(shop),
        ...shop.billed(DUE + HOUR, { ...RENEWAL, total: 0 }),
      ],
    ],
    [
      'until 2.9 days after it was due',
      (shop) => [...begun(shop, DUE + 2.9 * DAY), turned(shop), shop.drafted(DUE, RENEWAL)],
    ],
    [
      'at a renewal that is paid',
      (shop) => [...begun(shop, DUE + 29 * DAY), turned(shop), ...shop.billed(DUE + HOUR, RENEWAL)],
    ],
    [
      'at a subscription that is cancelled at the end of its period',
      (shop) => [
        ...begun(shop, DUE + 10 * DAY),
        shop.changed(START + 5 * DAY, FIRST, { ...FIRST, cancel_at_period_end: true, cancel_at: DUE }),
      ],
    ],
  ],
  firing: [
    [
      'when the period turned and its invoice is still a draft three days later',
      (shop) => [...begun(shop, DUE + 4 * DAY), turned(shop), shop.drafted(DUE, RENEWAL)],
      said,
    ],
    ['when nothing at all is heard of a renewal', (shop) => begun(shop, DUE + 4 * DAY), said],
    [
      'when a trial is over and no invoice came',
      (shop) => {
        const trial = { ...FIRST, status: 'trialing', trial_start: START, trial_end: START + 14 * DAY }
        const after = {
          ...trial,
          status: 'active',
          created: START,
          start: START + 14 * DAY,
          end: START + 14 * DAY + MONTH,
        }
        return [
          ...shop.notes(START - DAY, START + 20 * DAY),
          shop.subscribed(START, { ...trial, end: START + 14 * DAY }),
          ...shop.billed(
            START,
            bill({ billing_reason: 'subscription_create', total: 0, period: [START, START + 14 * DAY] }),
          ),
          shop.changed(START + 14 * DAY, { ...trial, end: START + 14 * DAY }, after, { request: null }),
        ]
      },
      { ...said, startedAt: iso(START + 14 * DAY), detectedAt: iso(START + 17 * DAY) },
    ],
    [
      'when a renewal has been past due for four weeks',
      (shop) => [...begun(shop, DUE + 29 * DAY), ...pastDue(shop)],
      { ...said, detectedAt: iso(DUE + 28 * DAY) },
    ],
    [
      'and ends when the renewal is paid after all',
      (shop) => [
        ...begun(shop, DUE + 6 * DAY),
        turned(shop),
        shop.drafted(DUE, RENEWAL),
        ...shop.billed(DUE + 5 * DAY, RENEWAL),
      ],
      {
        ...said,
        endedAt: iso(DUE + 5 * DAY + 60),
        message: expect.stringContaining('has been paid or written off since'),
      },
    ],
  ],
})

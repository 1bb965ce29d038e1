import { expect } from 'vitest'
import { DAY } from '../../src/time.ts'
import type { BillFields, Merchant } from '../support/merchant.ts'
import { iso, money, scenarios, subjects } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { belowZero } from './incidents.ts'

const MONTH = 30 * DAY
const PLAN = { id: 'sub_ana', customer: 'cus_ana', start: START, end: START + MONTH }
/** When the odd invoice comes. */
const NOW = START + 15 * DAY

const bill = (of: BillFields): BillFields => ({ customer: 'cus_ana', subscription: 'sub_ana', ...of })

/** A customer who has paid 49.00 for the month from START on. */
const subscribed = (shop: Merchant): Json[] => [
  shop.subscribed(START, { ...PLAN, items: [{ unit: 4_900 }] }),
  ...shop.billed(START, bill({ billing_reason: 'subscription_create', total: 4_900 })),
]

/** Half a month at 49.00 given back and at 29.00 charged, or whatever the change came out at. */
const downgraded = (shop: Merchant, total: number): Json[] => [
  ...subscribed(shop),
  shop.changed(NOW, { ...PLAN, items: [{ unit: 4_900 }] }, { ...PLAN, items: [{ unit: 2_900 }] }),
  ...shop.billed(NOW, bill({ id: 'in_odd', billing_reason: 'subscription_update', prorated: true, total })),
  ...shop.notes(START, NOW + 2 * DAY),
]

const { title, ...whoever } = belowZero.says(NOW)
const said: Json = { ...whoever, endedAt: iso(NOW + DAY) }

scenarios('NEGATIVE_INVOICE', {
  quiet: [
    ['when a downgrade credits half a month', (shop) => downgraded(shop, -1_000)],
    ['when a move to a free plan credits all that was paid', (shop) => downgraded(shop, -4_900)],
    [
      'at an invoice that comes to nothing',
      (shop) => [...subscribed(shop), ...shop.billed(NOW, bill({ billing_reason: 'manual', total: 0 }))],
    ],
    [
      'at a change of plan of a customer of whom nothing is known',
      (shop) =>
        shop.billed(NOW, bill({ billing_reason: 'subscription_update', prorated: true, total: -9_900 })),
    ],
  ],
  firing: [
    [
      'at a manual invoice of -15.00',
      (shop) => [...shop.notes(START, NOW + 2 * DAY), ...belowZero.events(shop, NOW, 0)],
      { ...said, title },
    ],
    [
      'when a coupon at a renewal is larger than the price',
      (shop) => [
        ...subscribed(shop),
        shop.changed(START + MONTH, PLAN, { ...PLAN, start: START + MONTH, end: START + 2 * MONTH }),
        ...shop.billed(
          START + MONTH,
          bill({ id: 'in_odd', billing_reason: 'subscription_cycle', total: -600 }),
        ),
        ...shop.notes(START, START + MONTH + 2 * DAY),
      ],
      {
        ...said,
        severity: 'HIGH',
        impact: money(600, 'USD'),
        startedAt: iso(START + MONTH),
        detectedAt: iso(START + MONTH),
        endedAt: iso(START + MONTH + DAY),
        subjects: subjects('in_odd', 'sub_ana', 'cus_ana'),
      },
    ],
    [
      'when a change of plan credits three times the price',
      (shop) => downgraded(shop, -3 * 4_900),
      { ...said, severity: 'HIGH', impact: money(3 * 4_900, 'USD') },
    ],
    [
      'in a currency without decimals, too',
      (shop) => [
        ...shop.billed(NOW, bill({ id: 'in_odd', billing_reason: 'manual', currency: 'jpy', total: -1_500 })),
        ...shop.notes(START, NOW + 2 * DAY),
      ],
      { ...said, severity: 'HIGH', impact: money(1_500, 'JPY'), title: expect.stringMatching(/1,500$/) },
    ],
  ],
})

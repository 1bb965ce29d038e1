import { expect } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../src/time.ts'
import type { PaymentFields } from '../support/checkout.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, money, scenarios, subjects } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { chargedTwice } from './incidents.ts'

const MINE: PaymentFields = { customer: 'cus_ana' }

/** Two payments of one customer so far apart, and a day in which others pay. */
const twice = (shop: Merchant, apart: number, first: PaymentFields = {}, second = first): Json[] => [
  ...shop.notes(START - DAY, START + 2 * DAY, 6 * HOUR),
  shop.paid(START, { id: 'ch_first', ...MINE, ...first }),
  shop.paid(START + apart, { id: 'ch_second', ...MINE, ...second }),
]

/** A renewal as its charge tells it: by its invoice, since basil by its description. */
const renewal = (n: number): PaymentFields => ({
  invoice: `in_${n}`,
  description: 'Subscription update',
  amount: 1_900,
})

const { detectedAt: _, ...said } = chargedTwice.says(START)

scenarios('DUPLICATE_CHARGE', {
  quiet: [
    ['at two equal charges ten minutes and a second apart', (shop) => twice(shop, 10 * MINUTE + 1)],
    [
      'at two orders of one customer',
      (shop) => twice(shop, MINUTE, { metadata: { order_id: '1001' } }, { metadata: { order_id: '1002' } }),
    ],
    [
      'at two purchases that are described differently',
      (shop) => twice(shop, MINUTE, { description: 'Blue mug' }, { description: 'Red mug' }),
    ],
    [
      'when a payment fails twice and then succeeds',
      (shop) => {
        const intent = { ...MINE, payment_intent: 'pi_one' }
        return [
          shop.declined(START, intent),
          shop.declined(START + 20, intent),
          shop.paid(START + 40, intent),
          ...shop.notes(START - DAY, START + DAY),
        ]
      },
    ],
    ['when twin subscriptions renew together', (shop) => twice(shop, 2, renewal(1), renewal(2))],
    ['at the same number in two currencies', (shop) => twice(shop, MINUTE, {}, { currency: 'eur' })],
    [
      'when the event of one charge comes twice, by another id',
      (shop) => [
        shop.paid(START, { id: 'ch_one', ...MINE }),
        shop.paid(START + 1, { id: 'ch_one', ...MINE }),
      ],
    ],
    [
      'at an authorisation that is captured a minute later',
      (shop) => {
        const mine = { ...MINE, id: 'ch_held', payment_intent: 'pi_held' }
        const { data } = shop.paid(START + MINUTE, { ...mine, amount_captured: 2_900 }) as {
          data: { object: Json }
        }
        return [
          shop.paid(START, { ...mine, captured: false, amount_captured: 0 }),
          shop.event('charge.captured', START + MINUTE, data.object),
        ]
      },
    ],
  ],
  firing: [
    [
      'at two charges two seconds apart, with any cards',
      (shop) => [...shop.notes(START - DAY, START + DAY), ...chargedTwice.events(shop, START, 0)],
      { ...chargedTwice.says(START), endedAt: iso(START + 2 + 10 * MINUTE) },
    ],
    ['at two charges nine minutes apart', (shop) => twice(shop, 9 * MINUTE), said],
    [
      'at a guest whose one card pays twice',
      (shop) => twice(shop, 30, { customer: null, card: 'card_guest' }),
      { ...said, customerId: null, subjects: subjects('ch_first', 'ch_second') },
    ],
    [
      'at the same order twenty hours later',
      (shop) => twice(shop, 20 * HOUR, { metadata: { order_id: '1001' } }),
      { ...said, message: expect.stringContaining('1001') },
    ],
    [
      'once at ten charges in three minutes',
      (shop) => [
        ...Array.from({ length: 10 }, (_, i) => shop.paid(START + i * 20, MINE)),
        ...shop.notes(START - DAY, START + DAY),
      ],
      { severity: 'HIGH', occurrences: 10, customerId: 'cus_ana', impact: money(9 * 2_900, 'USD') },
    ],
    [
      'and ends when the surplus is refunded',
      (shop) => [...twice(shop, 2), ...shop.refunded(START + 5 * MINUTE, { ...MINE, id: 'ch_second' })],
      { ...said, endedAt: iso(START + 5 * MINUTE), message: expect.stringContaining('refunded') },
    ],
  ],
})

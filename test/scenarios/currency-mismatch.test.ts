import { expect } from 'vitest'
import { DAY, type Seconds } from '../../src/time.ts'
import type { PaymentFields } from '../support/checkout.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, scenarios } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { foreignCharge } from './incidents.ts'

const MONTH = 30 * DAY
const on = (month: number): Seconds => START + month * MONTH

/** One payment a month of one customer. */
const months = (shop: Merchant, payments: readonly PaymentFields[], first = 0): Json[] =>
  payments.map((fields, i) => shop.paid(on(first + i), { customer: 'cus_ana', ...fields }))

const usd: PaymentFields = { currency: 'usd', amount: 2_900 }
const eur: PaymentFields = { currency: 'eur', amount: 2_668 }

/** The odd payment, and the days after it. */
const odd = (shop: Merchant, fields: PaymentFields, month: number): Json[] => [
  ...months(shop, [{ id: 'ch_odd', ...fields }], month),
  shop.note(on(month) + 2 * DAY),
]

const said = (month: number): Json => ({ ...foreignCharge.says(on(month)), endedAt: iso(on(month) + DAY) })

scenarios('CURRENCY_MISMATCH', {
  quiet: [
    ['when another currency follows two payments', (shop) => months(shop, [usd, usd, eur, eur])],
    ['at a customer who mixes currencies', (shop) => months(shop, [usd, usd, eur, usd, usd, usd, eur, usd])],
    [
      'at a customer who moved and pays with a card of the new country',
      (shop) => months(shop, [usd, usd, usd, { ...eur, card: 'card_new', country: 'DE' }, eur, eur]),
    ],
    [
      'when a renewal in the same currency is told by charge, invoice and payment',
      (shop) =>
        [0, 1, 2, 3].flatMap((month) =>
          shop.billed(on(month), { customer: 'cus_ana', subscription: 'sub_ana', total: 2_900 }),
        ),
    ],
  ],
  firing: [
    [
      'when euros at 0.92 follow three payments in dollars on the same card',
      (shop) => [...foreignCharge.events(shop, on(3), MONTH), shop.note(on(3) + 2 * DAY)],
      said(3),
    ],
    [
      'at the same number in yen after five payments in dollars',
      (shop) => [
        ...months(shop, [usd, usd, usd, usd, usd]),
        ...odd(shop, { currency: 'jpy', amount: 2_900 }, 5),
      ],
      {
        ...said(5),
        severity: 'HIGH',
        impact: {
          amount: 2_900,
          currency: 'JPY',
          decimal: '2900',
          formatted: expect.stringContaining('2,900'),
        },
        message: expect.stringContaining('$29.00'),
      },
    ],
    [
      'once, and then learns the new currency',
      (shop) => [
        ...months(shop, [usd, usd, usd]),
        ...odd(shop, eur, 3),
        ...[4, 5].map((month) => shop.paid(on(3) + month * 3_600, { customer: 'cus_ana', ...eur })),
      ],
      { ...said(3), occurrences: 2, endedAt: iso(on(3) + DAY + 4 * 3_600) },
    ],
    [
      'when a new card comes from a country that has another currency',
      (shop) => [
        ...months(shop, [usd, usd, usd]),
        ...odd(shop, { ...eur, card: 'card_new', country: 'GB' }, 3),
      ],
      said(3),
    ],
  ],
})

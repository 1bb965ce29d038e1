import { DAY, HOUR, MINUTE } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { cases } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'

/** One customer pays 40.00 twice within four minutes, with other metadata each time. */
const twice =
  (...metadata: readonly Json[]) =>
  (shop: Merchant) =>
    metadata.map((said, i) =>
      shop.paid(START + i * 4 * MINUTE, { customer: 'cus_1', amount: 4_000, metadata: said }),
    )

cases('two equal payments of one customer', [
  {
    name: 'are two orders when the number stands under a name in camel case',
    history: twice({ orderId: 'R00' }, { orderId: 'R01' }),
    says: [],
  },
  {
    name: 'are two orders under a name with spaces',
    history: twice({ 'Order No.': '17' }, { 'Order No.': '18' }),
    says: [],
  },
  { name: 'are two seats', history: twice({ seat: 'C12' }, { seat: 'C13' }), says: [] },
  {
    name: 'are one order charged twice when only the request differs',
    history: twice({ orderId: 'R00', request_id: 'a1' }, { orderId: 'R00', request_id: 'a2' }),
    says: [{ detector: 'DUPLICATE_CHARGE', severity: 'MEDIUM' }],
  },
])

cases('a guest who is charged twice', [
  {
    name: 'has one of it back, and the case is closed',
    history: (shop) => {
      const guest = { customer: null, card: 'card_g', amount: 4_000 }
      const again = { ...guest, id: 'ch_again' }
      return [
        shop.paid(START, guest),
        shop.paid(START + 20, again),
        ...shop.refunded(START + 2 * MINUTE, again),
        shop.note(START + 3 * MINUTE),
      ]
    },
    says: [{ detector: 'DUPLICATE_CHARGE', endedAt: new Date((START + 2 * MINUTE) * 1_000).toISOString() }],
  },
])

cases('equal payments of one customer that are collected in one run', [
  {
    name: 'are no duplicates when each debit was made on another day',
    history: (shop) =>
      [0, 1, 2].flatMap((day) =>
        shop.debited(
          START + day * DAY,
          { at: START + 6 * DAY + day * MINUTE },
          { customer: 'cus_1', amount: 2_000 },
        ),
      ),
    says: [],
  },
  {
    name: 'are a duplicate when both debits were made at once, though they are paid hours apart',
    history: (shop) =>
      [0, 1].flatMap((n) =>
        shop.debited(
          START + 2 * n,
          { at: START + 4 * DAY + n * 9 * HOUR },
          { customer: 'cus_1', amount: 2_000 },
        ),
      ),
    says: [{ detector: 'DUPLICATE_CHARGE', severity: 'MEDIUM' }],
  },
])

/** Ten days at a till: 60 cups a day, and at every eighth the same card is back after six minutes. */
const canteen = (shop: Merchant): Json[] =>
  Array.from({ length: 10 }, (_, day) =>
    Array.from({ length: 60 }, (_, i) => {
      const card = { brand: 'visa', country: 'DE', fingerprint: `card_${day}_${i}`, last4: '1111' }
      const cup = {
        customer: null,
        amount: 250,
        currency: 'eur',
        payment_method_details: { type: 'card_present', card_present: card },
      }
      const at = START + day * DAY + i * 8 * MINUTE
      return [shop.paid(at, cup), ...(i % 8 === 4 ? [shop.paid(at + 6 * MINUTE, cup)] : [])]
    }).flat(),
  ).flat()

const topUp = (shop: Merchant, at: number): Json[] =>
  [0, 200, 400].map((after) =>
    shop.paid(at + after, { customer: 'cus_1', amount: 1_000, description: 'Credits auto-recharge' }),
  )

cases('repeated payments', [
  {
    name: 'are a habit by the third second cup',
    history: canteen,
    about: ['DUPLICATE_CHARGE'],
    says: { atMost: 3 },
  },
  {
    name: 'are a habit by the third day of top-ups',
    history: (shop) => Array.from({ length: 12 }, (_, day) => topUp(shop, START + day * DAY)).flat(),
    about: ['DUPLICATE_CHARGE'],
    says: { atMost: 3 },
  },
  {
    name: 'by a loop that charges twelve orders twice are ten cases and a flood to stop at once',
    history: (shop) =>
      Array.from({ length: 12 }, (_, n) =>
        [0, 20].map((after) =>
          shop.paid(START + n * MINUTE + after, {
            customer: `cus_${n}`,
            amount: 4_000 + n,
            metadata: { orderId: `R${n}` },
          }),
        ),
      ).flat(),
    says: [
      ...Array.from({ length: 10 }, () => ({ detector: 'DUPLICATE_CHARGE', severity: 'MEDIUM' })),
      { detector: 'DUPLICATE_CHARGE', severity: 'CRITICAL', customerId: null },
    ],
  },
  {
    name: 'of three subscriptions by a double click are reported, with what to cancel',
    history: (shop) =>
      [0, 7, 14].flatMap((after, i) => [
        shop.subscribed(START + after, { id: `sub_${i}`, customer: 'cus_1', created: START + after }),
        ...shop.billed(START + after, { id: `in_${i}`, customer: 'cus_1', subscription: `sub_${i}` }),
      ]),
    about: ['DUPLICATE_CHARGE'],
    says: [{ detector: 'DUPLICATE_CHARGE', severity: 'HIGH', impact: { amount: 5_800 } }],
  },
])

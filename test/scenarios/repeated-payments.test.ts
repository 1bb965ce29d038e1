import { DAY, MINUTE } from '../../src/time.ts'
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

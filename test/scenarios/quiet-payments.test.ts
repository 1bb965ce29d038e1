import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import type { PaymentFields } from '../support/checkout.ts'
import type { Merchant } from '../support/merchant.ts'
import { late, quiet } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { every, MONDAY } from '../support/times.ts'

const NOW: Seconds = MONDAY + 10 * HOUR
const MINE: PaymentFields = { customer: 'cus_ana' }

/** Two payments of one customer so far apart, on an ordinary day. */
const twice = (shop: Merchant, apart: number, first: PaymentFields, second: PaymentFields): Json[] => [
  ...shop.notes(START - DAY, START + 2 * DAY, 6 * HOUR),
  shop.paid(START, { id: 'ch_first', ...MINE, ...first }),
  shop.paid(START + apart, { id: 'ch_second', ...MINE, ...second }),
]

/** A renewal as its charge tells it: by its invoice, since basil by its description. */
const renewal = (n: number): PaymentFields => ({ invoice: `in_${n}`, description: 'Subscription update' })

const objectOf = (event: Json): Json => (event['data'] as { object: Json }).object

quiet('payments of which Stripe tells more than once', {
  'one that fails twice and then succeeds': (shop) => {
    const intent = { ...MINE, payment_intent: 'pi_one' }
    const tries = [shop.declined(START, intent), shop.declined(START + 20, intent)]
    return [...tries, shop.paid(START + 40, intent), ...shop.notes(START - DAY, START + DAY)]
  },
  'one whose event comes twice, by another id': (shop) => [
    shop.paid(START, { id: 'ch_one', ...MINE }),
    shop.paid(START + 1, { id: 'ch_one', ...MINE }),
  ],
  'an authorisation that is captured a minute later': (shop) => {
    const mine = { ...MINE, id: 'ch_held', payment_intent: 'pi_held' }
    const after = objectOf(shop.paid(START + MINUTE, { ...mine, amount_captured: 2_900 }))
    return [
      shop.paid(START, { ...mine, captured: false, amount_captured: 0 }),
      shop.event('charge.captured', START + MINUTE, after),
    ]
  },
  'twin subscriptions that renew together': (shop) => twice(shop, 2, renewal(1), renewal(2)),
  'renewals told by charge, invoice and payment': (shop) =>
    every(START, 30 * DAY, 4).flatMap((at) => shop.billed(at, { ...MINE, subscription: 'sub_ana' })),
  'forty old failures that are tried again on one day': (shop) => {
    const people = Array.from({ length: 40 }, (_, n) => ({ customer: `cus_old_${n}`, id: `in_old_${n}` }))
    const tried = (from: Seconds, step: Seconds) =>
      people.flatMap((invoice, n) => shop.refused(from + n * step, invoice))
    const trade = shop.trade(NOW - 21 * DAY, NOW + DAY, { perDay: 100, failing: 0.05 })
    return [...trade, ...tried(NOW - 5 * DAY, 3 * HOUR), ...tried(NOW, MINUTE)]
  },
  'three disputed payments that warnings had announced': (shop) => [
    ...shop.trade(NOW - 40 * DAY, NOW + 4 * DAY, { perDay: 20 }),
    ...[0, 1, 2].flatMap((n) => [
      shop.warned(NOW - 2 * HOUR + n, { charge: `ch_bad_${n}` }),
      ...shop.disputed(NOW + n * HOUR, { charge: `ch_bad_${n}` }),
    ]),
  ],
  'three payments that are given back in twelve parts': (shop) => [
    ...shop.trade(NOW - 28 * DAY, NOW + 3 * DAY, { perDay: 20 }),
    ...[0, 1, 2].flatMap((n) => {
      const charge = objectOf(shop.paid(NOW - DAY, { id: `ch_part_${n}` }))
      return [1, 2, 3, 4].map((part) =>
        shop.event(
          'charge.refunded',
          NOW + n * HOUR + part * MINUTE,
          { ...charge, amount_refunded: part * 500 },
          { previous: { amount_refunded: (part - 1) * 500 } },
        ),
      )
    }),
  ],
  'a day that is delivered again, hours and days later': (shop) => {
    const events = shop.trade(NOW - 21 * DAY, NOW + 2 * DAY, { perDay: 40 })
    const again = events.filter(({ created }) => Number(created) >= NOW - DAY && Number(created) < NOW)
    return [...events, ...late(again, 3 * HOUR), ...late(again, 1.5 * DAY)]
  },
})

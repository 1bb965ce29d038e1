import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import type { BillFields, Merchant, SubscriptionFields } from '../support/merchant.ts'
import { quiet } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { every } from '../support/times.ts'

const MONTH = 30 * DAY
/** When the first renewal is due. */
const DUE = START + MONTH
const MINE = { id: 'sub_ana', customer: 'cus_ana', created: START }
const FIRST: SubscriptionFields = { ...MINE, start: START, end: DUE }
const NEXT: SubscriptionFields = { ...MINE, start: DUE, end: DUE + MONTH }

const bill = (of: BillFields = {}): BillFields => ({ customer: 'cus_ana', subscription: 'sub_ana', ...of })
const RENEWAL = bill({ id: 'in_renewal', billing_reason: 'subscription_cycle', period: [DUE, DUE + MONTH] })

/** A shop where something happens each day, and a subscription whose first period is paid. */
const begun = (shop: Merchant, until: Seconds, over: Json = {}, end = DUE): Json[] => [
  ...shop.notes(START - DAY, until),
  shop.subscribed(START, { ...FIRST, end, ...over }),
  ...shop.billed(START, bill({ billing_reason: 'subscription_create', period: [START, end] })),
]

/** The period turns: Stripe does that, paid or not. */
const turned = (shop: Merchant, over: Json = {}): Json =>
  shop.changed(DUE, { ...FIRST, ...over }, { ...NEXT, ...over }, { request: null })

quiet('a renewal that is due', {
  'and paid': (shop) => [...begun(shop, DUE + 29 * DAY), turned(shop), ...shop.billed(DUE + HOUR, RENEWAL)],
  'and paid by a coupon': (shop) => [
    ...begun(shop, DUE + 29 * DAY),
    turned(shop),
    ...shop.billed(DUE + HOUR, { ...RENEWAL, total: 0 }),
  ],
  'and six days under way as a bank debit': (shop) => {
    const debit = { customer: 'cus_ana', amount: 2_900, description: 'Subscription update' }
    const [sent, paid] = shop.debited(DUE + HOUR, { at: DUE + 6 * DAY }, debit)
    const [, ...settled] = shop.billed(DUE + 6 * DAY, { ...RENEWAL, total: 0 })
    const told = [shop.finalized(DUE + HOUR, RENEWAL), sent, paid, ...settled]
    return [...begun(shop, DUE + 20 * DAY), turned(shop), ...told.filter((one) => one !== undefined)]
  },
  'and tried for ten days': (shop) => [
    ...begun(shop, DUE + 10 * DAY),
    turned(shop),
    shop.drafted(DUE, RENEWAL),
    ...shop.refused(DUE + HOUR, RENEWAL),
    shop.changed(DUE + HOUR, NEXT, { ...NEXT, status: 'past_due' }, { request: null }),
  ],
  'and was sent twenty days ago': (shop) => {
    const sent = { collection_method: 'send_invoice', days_until_due: 30 }
    const open = { ...RENEWAL, collection_method: 'send_invoice', due_date: DUE + MONTH }
    return [...begun(shop, DUE + 20 * DAY, sent), turned(shop, sent), shop.finalized(DUE + HOUR, open)]
  },
  'while collection is paused': (shop) => {
    const pause = { pause_collection: { behavior: 'void', resumes_at: null } }
    return [
      ...begun(shop, DUE + 10 * DAY),
      shop.changed(START + 10 * DAY, FIRST, { ...FIRST, ...pause }),
      turned(shop, pause),
      shop.voided(DUE + HOUR, RENEWAL),
    ]
  },
  'of a subscription that ends with its period': (shop) => [
    ...begun(shop, DUE + 10 * DAY),
    shop.changed(START + 5 * DAY, FIRST, { ...FIRST, cancel_at_period_end: true, cancel_at: DUE }),
  ],
})

/** A period turns and its renewal is paid. */
const renewed = (shop: Merchant, from: [Seconds, Seconds], to: [Seconds, Seconds], of: Json = {}): Json[] => [
  shop.changed(
    to[0],
    { ...MINE, start: from[0], end: from[1], ...of },
    { ...MINE, start: to[0], end: to[1], ...of },
    { request: null },
  ),
  ...shop.billed(to[0], bill({ id: `in_${to[0]}`, billing_reason: 'subscription_cycle', period: to })),
]

const day = (text: string): Seconds => Date.parse(`${text}T09:00:00Z`) / 1_000

quiet('periods of a subscription', {
  'of a day each': (shop) => {
    const daily = { items: [{ interval: 'day' }] }
    return [
      ...begun(shop, START + DAY, daily, START + DAY),
      ...every(START, DAY, 3).flatMap((at) => renewed(shop, [at, at + DAY], [at + DAY, at + 2 * DAY], daily)),
    ]
  },
  'from 31 January to 28 February and on to 31 March': (shop) => {
    const [jan, feb, mar, apr] = [day('2025-01-31'), day('2025-02-28'), day('2025-03-31'), day('2025-04-30')]
    const of = { created: jan, billing_cycle_anchor: jan }
    return [
      shop.subscribed(jan, { ...MINE, start: jan, end: feb, ...of }),
      ...shop.billed(jan, bill({ billing_reason: 'subscription_create', period: [jan, feb] })),
      ...renewed(shop, [jan, feb], [feb, mar], of),
      ...renewed(shop, [feb, mar], [mar, apr], of),
    ]
  },
  'of which a change of plan begins a new one': (shop) => {
    const at = DUE - 30 * HOUR
    const anew = { start: at, end: at + MONTH, billing_cycle_anchor: at, items: [{ unit: 5_900 }] }
    const change = bill({ billing_reason: 'subscription_update', total: 5_700, period: [at, at + MONTH] })
    return [...begun(shop, DUE), shop.changed(at, FIRST, { ...FIRST, ...anew }), ...shop.billed(at, change)]
  },
  'with an upgrade on the day of the renewal': (shop) => [
    ...begun(shop, DUE),
    ...renewed(shop, [START, DUE], [DUE, DUE + MONTH]),
    shop.changed(DUE + 5 * HOUR, NEXT, { ...NEXT, items: [{ unit: 4_900 }] }),
    ...shop.billed(
      DUE + 5 * HOUR,
      bill({ billing_reason: 'subscription_update', prorated: true, total: 2_000 }),
    ),
  ],
})

/** A customer who has paid 49.00 moves to another plan half-way, and the change comes out at `total`. */
const downgraded = (shop: Merchant, total: number): Json[] => {
  const [at, before] = [START + 15 * DAY, { ...FIRST, items: [{ unit: 4_900 }] }]
  return [
    shop.subscribed(START, before),
    ...shop.billed(START, bill({ billing_reason: 'subscription_create', total: 4_900 })),
    shop.changed(at, before, { ...FIRST, items: [{ unit: 2_900 }] }),
    ...shop.billed(at, bill({ billing_reason: 'subscription_update', prorated: true, total })),
    ...shop.notes(START, at + 2 * DAY),
  ]
}

/** Twenty subscriptions change within two hours, in a shop where hardly any does. */
const changing = (
  shop: Merchant,
  change: (before: SubscriptionFields, at: Seconds) => SubscriptionFields,
  by: { request?: unknown } = {},
): Json[] =>
  every(START + 200 * DAY, 300, 20).flatMap((at, n) => {
    const before = { id: `sub_${n}`, customer: `cus_${n}`, start: at - 10 * DAY, end: at + 20 * DAY }
    return [shop.changed(at, { ...before, items: [{ unit: 4_900 }] }, change(before, at), by)]
  })

quiet('changes of plan', {
  'that credit half a month': (shop) => downgraded(shop, -1_000),
  'that credit all that was paid': (shop) => downgraded(shop, -4_900),
  'to a lower price that a schedule makes': (shop) =>
    changing(shop, (before) => ({ ...before, schedule: `sched_${before.id}`, items: [{ unit: 2_900 }] }), {
      request: null,
    }),
  'to paying by the year': (shop) =>
    changing(shop, (before, at) => ({
      ...before,
      ...{ start: at, end: at + 365 * DAY, billing_cycle_anchor: at },
      items: [{ unit: 49_000, interval: 'year' }],
    })),
})

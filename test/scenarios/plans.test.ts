import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { cases, iso } from '../support/scenarios.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { line } from '../support/stripe/invoices.ts'
import { NEWEST } from '../support/stripe/versions.ts'

const MONTH = 30 * DAY
const ANA = { customer: 'cus_ana', subscription: 'sub_ana' }
const TURN: Seconds = START + MONTH

/**
 * A month at `price` is paid, half-way through it a cheaper plan begins, and the credit stands on the next renewal.
 * @param tax share that comes on top: lines say their amounts without it
 */
function movedDown(shop: Merchant, price: number, cheaper: number, credit: number, tax = 0): Json[] {
  const plan = { id: 'sub_ana', customer: 'cus_ana', start: START, end: TURN }
  const half = { subscription: 'sub_ana', start: START + MONTH / 2, end: TURN }
  const regular = { subscription: 'sub_ana', start: TURN, end: TURN + MONTH }
  const lines = [
    line({ amount: -credit, proration: true, ...half }, NEWEST),
    line({ amount: cheaper / 2, proration: true, ...half }, NEWEST),
    line({ amount: cheaper, ...regular }, NEWEST),
  ]
  const subtotal = -credit + cheaper / 2 + cheaper
  const total = Math.round(subtotal * (1 + tax))
  const bill = { ...ANA, billing_reason: 'subscription_cycle' }
  return [
    shop.subscribed(START, { ...plan, items: [{ unit: price }] }),
    ...shop.billed(START, {
      ...ANA,
      billing_reason: 'subscription_create',
      total: Math.round(price * (1 + tax)),
      period: [START, TURN],
    }),
    shop.changed(
      START + MONTH / 2,
      { ...plan, items: [{ unit: price }] },
      { ...plan, items: [{ unit: cheaper }] },
    ),
    shop.finalized(TURN + HOUR, { ...bill, id: 'in_next', total, subtotal, lines }),
  ]
}

cases('a cheaper plan whose credit stands on the next renewal', [
  {
    name: 'is ordinary when it gives back what was not used',
    history: (shop) => movedDown(shop, 10_000, 1_000, 5_000),
    about: ['NEGATIVE_INVOICE'],
    says: [],
  },
  {
    name: 'is ordinary when nothing was used',
    history: (shop) => movedDown(shop, 4_900, 900, 4_900),
    about: ['NEGATIVE_INVOICE'],
    says: [],
  },
  {
    name: 'is ordinary with tax on top of it',
    history: (shop) => movedDown(shop, 10_000, 1_000, 9_667, 0.2),
    about: ['NEGATIVE_INVOICE'],
    says: [],
  },
  {
    name: 'is ordinary with tax on top of it when the new plan is free',
    history: (shop) => movedDown(shop, 10_000, 0, 9_667, 0.081),
    about: ['NEGATIVE_INVOICE'],
    says: [],
  },
  {
    name: 'is reported with tax on top of it when three times the price is given back',
    history: (shop) => movedDown(shop, 4_900, 900, 14_700, 0.2),
    about: ['NEGATIVE_INVOICE'],
    says: [{ customerId: 'cus_ana', severity: 'HIGH' }],
  },
  {
    name: 'is reported when three times the price is given back',
    history: (shop) => movedDown(shop, 4_900, 900, 14_700),
    about: ['NEGATIVE_INVOICE'],
    says: [{ customerId: 'cus_ana', severity: 'HIGH' }],
  },
])

/** Subscriptions that move to Stripe with an anchor some days ahead: up to it they are free, and no invoice says so. */
const migrated = (shop: Merchant, number: number, isPaid: (n: number) => boolean): Json[] =>
  Array.from({ length: number }, (_, n) => {
    const anchor = START + (19 + n) * DAY
    const who = { customer: `cus_${n}`, subscription: `sub_${n}` }
    const plan = {
      id: who.subscription,
      customer: who.customer,
      created: START,
      billing_cycle_anchor: anchor,
    }
    const first = { ...plan, start: START, end: anchor }
    const next = { ...plan, start: anchor, end: anchor + MONTH }
    const bill = { ...who, billing_reason: 'subscription_cycle', period: [anchor, anchor + MONTH] as const }
    return [
      shop.subscribed(START + n * MINUTE, first),
      shop.changed(anchor, first, next, { request: null }),
      ...(isPaid(n) ? shop.billed(anchor + HOUR, bill) : []),
    ]
  })
    .flat()
    .concat(shop.notes(START, START + 35 * DAY))

cases('subscriptions that were moved to Stripe with an anchor ahead', [
  {
    name: 'owe nothing before it, be they few',
    history: (shop) => migrated(shop, 3, () => true),
    says: [],
  },
  { name: 'or many', history: (shop) => migrated(shop, 14, () => true), about: ['SILENT_LAPSE'], says: [] },
  {
    name: 'owe what is not paid at it',
    history: (shop) => migrated(shop, 3, (n) => n !== 1),
    says: [{ detector: 'SILENT_LAPSE', customerId: 'cus_1', startedAt: iso(START + 20 * DAY) }],
  },
])

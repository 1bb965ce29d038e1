import type {
  ChargeCaptured,
  InvoiceCreated,
  InvoiceDropped,
  InvoiceFinalized,
  InvoicePaid,
  Refunded,
  SubscriptionChanged,
  SubscriptionEnded,
} from '../../src/stripe/facts.ts'
import type { Seconds } from '../../src/time.ts'

/** Facts with everything a test does not care about filled in. Ids follow from the object's unless given. */

/** Monday 2025-03-03 00:00 UTC. */
export const T0: Seconds = 1_740_960_000

type Given<Fact, Needed extends keyof Fact> = Partial<Fact> & Pick<Fact, Needed>

export const captured = (fact: Given<ChargeCaptured, 'charge' | 'at'>): ChargeCaptured => ({
  kind: 'chargeCaptured',
  eventId: `evt_${fact.charge}`,
  amount: 2900,
  currency: 'usd',
  customer: 'cus_1',
  payer: fact.customer ?? 'cus_1',
  recurring: false,
  ...fact,
})

export const refund = (fact: Given<Refunded, 'charge' | 'at'>): Refunded => ({
  kind: 'refunded',
  eventId: `evt_re_${fact.charge}_${fact.at}`,
  amount: 2900,
  currency: 'usd',
  customer: 'cus_1',
  ...fact,
})

const invoice = (fact: { invoice: string }, step: string) => ({
  eventId: `evt_${fact.invoice}_${step}`,
  customer: 'cus_1',
  currency: 'usd',
  total: 2900,
  prorated: false,
  payments: [],
  sendInvoice: false,
})

export const invoiceCreated = (fact: Given<InvoiceCreated, 'invoice' | 'at'>): InvoiceCreated => ({
  kind: 'invoiceCreated',
  created: fact.at,
  ...invoice(fact, 'created'),
  ...fact,
})

export const finalized = (fact: Given<InvoiceFinalized, 'invoice' | 'at'>): InvoiceFinalized => ({
  kind: 'invoiceFinalized',
  ...invoice(fact, 'finalized'),
  ...fact,
})

export const paid = (fact: Given<InvoicePaid, 'invoice' | 'at'>): InvoicePaid => ({
  kind: 'invoicePaid',
  outOfBand: false,
  amountPaid: fact.total ?? 2900,
  ...invoice(fact, 'paid'),
  ...fact,
})

export const dropped = (fact: Given<InvoiceDropped, 'invoice' | 'at'>): InvoiceDropped => ({
  kind: 'invoiceDropped',
  uncollectible: false,
  ...invoice(fact, 'dropped'),
  ...fact,
})

const subscription = {
  subscription: 'sub_1',
  customer: 'cus_1',
  status: 'active',
  currency: 'usd',
  interval: 'month',
  count: 1,
  price: 2900,
  monthly: 2900,
  seats: 1,
  paused: false,
  cancelAtEnd: false,
  sendInvoice: false,
} as const

export const changed = (fact: Given<SubscriptionChanged, 'at'>): SubscriptionChanged => ({
  kind: 'subscriptionChanged',
  eventId: `evt_${fact.subscription ?? 'sub_1'}_${fact.at}`,
  ...subscription,
  isNew: false,
  rolled: false,
  reanchored: false,
  scheduled: false,
  ...fact,
})

export const ended = (fact: Given<SubscriptionEnded, 'at'>): SubscriptionEnded => ({
  kind: 'subscriptionEnded',
  eventId: `evt_${fact.subscription ?? 'sub_1'}_${fact.at}_ended`,
  ...subscription,
  status: 'canceled',
  ...fact,
})

import type {
  ChargeCaptured,
  ChargeFailed,
  ChargePending,
  ChargeSucceeded,
  Delivered,
  DisputeOpened,
  FraudWarning,
  InvoiceCreated,
  InvoiceDropped,
  InvoiceFinalized,
  InvoicePaid,
  PaymentRefused,
  Refunded,
  SubscriptionChanged,
  SubscriptionEnded,
} from '../../src/stripe/facts.ts'
import type { Seconds } from '../../src/time.ts'
import type { Random } from './times.ts'

/**
 * Facts with everything a test does not care about filled in. Payments, refunds and disputes are each of another
 * object and customer unless given; invoices and subscriptions are all of one customer.
 */

let made = 0

const payment = (at: Seconds, over: { charge?: string; customer?: string }) => {
  const n = ++made
  const { charge = `ch_${n}`, customer = `cus_${n}` } = over
  return {
    at,
    eventId: `evt_${charge}`,
    charge,
    amount: 2_900,
    currency: 'usd',
    intent: `pi_${n}`,
    customer,
    card: `card_${n}`,
    payer: customer,
    recurring: false,
  }
}

const decline = { code: 'card_declined', blocked: false, invalid: false }

export const succeeded = (at: Seconds, over: Partial<ChargeSucceeded> = {}): ChargeSucceeded => ({
  kind: 'chargeSucceeded',
  ...payment(at, over),
  captured: over.amount ?? 2_900,
  ...over,
})

export const pending = (at: Seconds, over: Partial<ChargePending> = {}): ChargePending => ({
  kind: 'chargePending',
  ...payment(at, over),
  method: 'sepa_debit',
  ...over,
})

export const captured = (at: Seconds, over: Partial<ChargeCaptured> = {}): ChargeCaptured => ({
  kind: 'chargeCaptured',
  ...payment(at, over),
  ...over,
})

export const failed = (at: Seconds, over: Partial<ChargeFailed> = {}): ChargeFailed => ({
  kind: 'chargeFailed',
  ...payment(at, over),
  ...decline,
  reason: 'do_not_honor',
  reversed: 0,
  ...over,
})

/** Payments at these times, of which a share fails. */
export const payments = (
  times: readonly Seconds[],
  share: number,
  random: Random,
): (ChargeSucceeded | ChargeFailed)[] => times.map((at) => (random() < share ? failed(at) : succeeded(at)))

export const setupFailed = (at: Seconds, over: Partial<PaymentRefused> = {}): PaymentRefused => {
  const { charge: _, amount: __, currency: ___, intent: ____, ...rest } = payment(at, {})
  return { kind: 'paymentRefused', ...rest, ...decline, id: `seti_${made}`, setup: true, ...over }
}

export const refunded = (at: Seconds, over: Partial<Refunded> = {}): Refunded => ({
  kind: 'refunded',
  at,
  eventId: `evt_refund_${++made}`,
  charge: `ch_${made}`,
  amount: 2_900,
  currency: 'usd',
  ...over,
})

export const disputed = (at: Seconds, over: Partial<DisputeOpened> = {}): DisputeOpened => ({
  kind: 'disputeOpened',
  at,
  eventId: `evt_dispute_${++made}`,
  dispute: `du_${made}`,
  charge: `ch_${made}`,
  amount: 4_900,
  currency: 'usd',
  reason: 'fraudulent',
  inquiry: false,
  ...over,
})

export const warned = (at: Seconds, over: Partial<FraudWarning> = {}): FraudWarning => ({
  kind: 'fraudWarning',
  at,
  eventId: `evt_warning_${++made}`,
  warning: `issfr_${made}`,
  charge: `ch_${made}`,
  ...over,
})

export const arrived = (at: Seconds): Delivered => ({
  kind: 'delivered',
  at,
  eventId: `evt_arrived_${++made}`,
  type: 'customer.updated',
  lag: 0,
})

const invoice = (at: Seconds, step: string, id = `in_${++made}`) => ({
  at,
  eventId: `evt_${id}_${step}`,
  invoice: id,
  customer: 'cus_1',
  currency: 'usd',
  total: 2_900,
  prorated: false,
  payments: [],
  sendInvoice: false,
})

export const invoiceCreated = (at: Seconds, over: Partial<InvoiceCreated> = {}): InvoiceCreated => ({
  kind: 'invoiceCreated',
  ...invoice(at, 'created', over.invoice),
  created: at,
  ...over,
})

export const finalized = (at: Seconds, over: Partial<InvoiceFinalized> = {}): InvoiceFinalized => ({
  kind: 'invoiceFinalized',
  ...invoice(at, 'finalized', over.invoice),
  ...over,
})

export const paid = (at: Seconds, over: Partial<InvoicePaid> = {}): InvoicePaid => ({
  kind: 'invoicePaid',
  ...invoice(at, 'paid', over.invoice),
  outOfBand: false,
  amountPaid: over.total ?? 2_900,
  ...over,
})

export const dropped = (at: Seconds, over: Partial<InvoiceDropped> = {}): InvoiceDropped => ({
  kind: 'invoiceDropped',
  ...invoice(at, 'dropped', over.invoice),
  uncollectible: false,
  ...over,
})

const subscription = (at: Seconds, id = 'sub_1') =>
  ({
    at,
    eventId: `evt_${id}_${at}`,
    subscription: id,
    customer: 'cus_1',
    status: 'active',
    currency: 'usd',
    interval: 'month',
    count: 1,
    price: 2_900,
    monthly: 2_900,
    seats: 1,
    paused: false,
    cancelAtEnd: false,
    sendInvoice: false,
  }) as const

export const changed = (at: Seconds, over: Partial<SubscriptionChanged> = {}): SubscriptionChanged => ({
  kind: 'subscriptionChanged',
  ...subscription(at, over.subscription),
  isNew: false,
  rolled: false,
  reanchored: false,
  scheduled: false,
  ...over,
})

export const ended = (at: Seconds, over: Partial<SubscriptionEnded> = {}): SubscriptionEnded => ({
  kind: 'subscriptionEnded',
  ...subscription(at, over.subscription),
  eventId: `evt_${over.subscription ?? 'sub_1'}_ended`,
  status: 'canceled',
  ...over,
})

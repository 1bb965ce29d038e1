import type { Fact } from './facts.ts'
import type { BillingReader, EventReading } from './ledger.ts'
import { bounded } from './money.ts'
import { readCharge, readRefund } from './readers/charges.ts'
import { NOTHING } from './readers/common.ts'
import { readDispute, readFraudWarning } from './readers/disputes.ts'
import { readCreditNote, readInvoice, readInvoicePayment } from './readers/invoices.ts'
import { readRefusedPayment, readRefusedSetup } from './readers/refusals.ts'
import { readSubscription } from './readers/subscriptions.ts'

/** Shown by another event of the same change, or not judged yet: asked for so that nothing is missing later. */
const readNothing: BillingReader = () => NOTHING

/** What a tenant asks Stripe to send. `invoice.created` is not among it: unanswered, it would hold up its invoices. */
const ASKED_FOR: ReadonlyMap<string, BillingReader> = new Map([
  ['charge.succeeded', readCharge],
  ['charge.failed', readCharge],
  ['charge.pending', readCharge],
  ['charge.captured', readCharge],
  ['charge.expired', readCharge],
  ['charge.refunded', readCharge],
  ['charge.refund.updated', readRefund],
  ['charge.dispute.created', readDispute],
  ['charge.dispute.updated', readDispute],
  ['charge.dispute.funds_withdrawn', readDispute],
  ['charge.dispute.funds_reinstated', readDispute],
  ['charge.dispute.closed', readDispute],
  ['refund.created', readRefund],
  ['refund.updated', readRefund],
  ['refund.failed', readRefund],
  ['radar.early_fraud_warning.created', readFraudWarning],
  ['radar.early_fraud_warning.updated', readFraudWarning],
  ['payment_intent.payment_failed', readRefusedPayment],
  ['setup_intent.setup_failed', readRefusedSetup],
  ['invoice.finalized', readInvoice],
  ['invoice.finalization_failed', readInvoice],
  ['invoice.paid', readInvoice],
  ['invoice.payment_failed', readInvoice],
  ['invoice.voided', readInvoice],
  ['invoice.marked_uncollectible', readInvoice],
  ['invoice_payment.paid', readInvoicePayment],
  ['customer.subscription.created', readSubscription],
  ['customer.subscription.updated', readSubscription],
  ['customer.subscription.deleted', readSubscription],
  ['customer.subscription.paused', readSubscription],
  ['customer.subscription.resumed', readSubscription],
  ['customer.subscription.trial_will_end', readSubscription],
  ['customer.subscription.pending_update_applied', readSubscription],
  ['customer.subscription.pending_update_expired', readSubscription],
  ['customer.deleted', readNothing],
  ['checkout.session.async_payment_failed', readNothing],
])

/** Judged when a tenant sends it all the same. */
const ALSO_JUDGED: ReadonlyMap<string, BillingReader> = new Map([
  ['invoice.created', readInvoice],
  ['invoice.updated', readInvoice],
  ['invoice.payment_succeeded', readInvoice],
  ['invoice.sent', readInvoice],
  ['invoice.payment_action_required', readInvoice],
  ['credit_note.created', readCreditNote],
])

/** The event types to subscribe to, as `stripe listen --events` takes them: no wildcards. */
export const LISTENED_TYPES: readonly string[] = [...ASKED_FOR.keys()]

/** Whether anything here listens to the type; events of other types are stored and ignored. */
export const isListened = (type: string): boolean => ASKED_FOR.has(type) || ALSO_JUDGED.has(type)

/** What the event says of billing, by its type; thin events and types that nothing listens to say nothing. */
export const readBilling: BillingReader = (event): EventReading => {
  if (event.thin) return NOTHING
  const read = ASKED_FOR.get(event.type) ?? ALSO_JUDGED.get(event.type) ?? readNothing
  const { objects, apply } = read(event)
  return { objects, apply: (ledger) => apply(ledger).map(withinBounds) }
}

/** Amounts, and what was added up or multiplied to make them, stop at ±(2^53 − 1); no other number of a fact comes near. */
function withinBounds(fact: Fact): Fact {
  for (const value of Object.values(fact)) {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) continue
    const entries = Object.entries(fact).map(([name, field]) => [
      name,
      typeof field === 'number' ? bounded(field) : field,
    ])
    return { ...fact, ...Object.fromEntries(entries) }
  }
  return fact
}

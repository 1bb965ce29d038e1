import type { FactKind } from '../../stripe/facts.ts'
import { isListened, LISTENED_TYPES } from '../../stripe/reading.ts'

/** By fact, prefixes of the event types that can report it: Stripe reports one change with several events. */
const FAMILIES: Record<FactKind, readonly string[]> = {
  chargePending: ['charge.pending'],
  chargeSucceeded: ['charge.succeeded', 'charge.captured', 'charge.refunded'],
  chargeCaptured: ['charge.succeeded', 'charge.captured', 'charge.refunded'],
  chargeFailed: ['charge.failed'],
  paymentRefused: ['payment_intent.payment_failed', 'setup_intent.setup_failed'],
  refunded: ['refund.', 'charge.refund'],
  disputeOpened: ['charge.dispute.'],
  disputeClosed: ['charge.dispute.'],
  fraudWarning: ['radar.early_fraud_warning.'],
  invoiceCreated: ['invoice.'],
  invoiceFinalized: ['invoice.'],
  invoicePaid: ['invoice.paid', 'invoice_payment.paid'],
  invoiceFailed: ['invoice.payment_failed', 'invoice.finalization_failed'],
  invoiceDropped: ['invoice.voided', 'invoice.marked_uncollectible'],
  credited: ['credit_note.'],
  subscriptionChanged: ['customer.subscription.'],
  subscriptionEnded: ['customer.subscription.'],
  delivered: [''],
}

/** Types that detectors read when they arrive, though Stripe is not asked to send them. */
const UNASKED = ['credit_note.created'].filter(isListened)

/** The Stripe event types that can report one of the facts, sorted. */
export function typesOf(facts: readonly FactKind[]): string[] {
  const prefixes = facts.flatMap((kind) => FAMILIES[kind])
  const types = [...LISTENED_TYPES, ...UNASKED]
  return types.filter((type) => prefixes.some((prefix) => type.startsWith(prefix))).sort()
}

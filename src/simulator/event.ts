import type { Seconds } from '../time.ts'
import type { Body } from './bodies/body.ts'

/** A Stripe event as it is posted. */
export interface SimulatedEvent {
  id: string
  object: 'event'
  account?: string
  api_version: string
  created: Seconds
  data: { object: Body; previous_attributes?: Body }
  livemode: boolean
  pending_webhooks: number
  request: { id: string | null; idempotency_key: string | null }
  type: string
}

/** One arrival at the webhook. */
export interface Arrival {
  event: SimulatedEvent
  /** When it reaches the webhook; left out while that is within seconds of the event's own `created`. */
  received?: Seconds
}

/** What an onboarded tenant's endpoint is subscribed to when it follows the advice; others send everything. */
const ADVISED: ReadonlySet<string> = new Set([
  'charge.pending',
  'charge.succeeded',
  'charge.failed',
  'charge.captured',
  'charge.expired',
  'charge.refunded',
  'charge.refund.updated',
  'charge.dispute.created',
  'charge.dispute.closed',
  'refund.created',
  'refund.updated',
  'radar.early_fraud_warning.created',
  'payment_intent.payment_failed',
  'setup_intent.setup_failed',
  'invoice.finalized',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'invoice_payment.paid',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.trial_will_end',
  'customer.deleted',
])

export type Listening = 'everything' | 'advised'

export const listensTo = (listening: Listening, type: string): boolean =>
  listening === 'everything' || ADVISED.has(type)

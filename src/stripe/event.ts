import type { Seconds } from '../time.ts'

/** A Stripe event's envelope, parsed from its signed body; `object` is unparsed Stripe data. */
export interface StripeEnvelope {
  id: string
  type: string
  created: Seconds
  livemode: boolean
  account?: string
  apiVersion?: string
  /** `request.id`; absent when Stripe itself acted. */
  requestId?: string
  idempotencyKey?: string
  /** v2.core.event: stored, never judged. */
  thin: boolean
  object: Record<string, unknown>
  previous?: Record<string, unknown>
}

/** What the inbox shows of an event without opening its payload (STRIPE's own object, customer and headline amount). */
export interface EventSummary {
  objectId?: string
  customerId?: string
  amount?: number
  /** Lower case. */
  currency?: string
}

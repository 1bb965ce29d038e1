import type { Fact } from '../../stripe/facts.ts'
import type { Seconds } from '../../time.ts'

/** One event of the stream with what it says. */
export interface JudgedEvent {
  stripeId: string
  /** `created`. */
  at: Seconds
  /** When it was delivered: the clock that timers follow. */
  deliveredAt: Seconds
  facts: readonly Fact[]
  /** No webhook brought it: it was found at Stripe's API. */
  found?: boolean
}

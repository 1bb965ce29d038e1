import type { StripeEnvelope } from './event.ts'
import type { Fact } from './facts.ts'

/**
 * What was already told of one Stripe object (a charge with its refunds, a dispute, an invoice, a subscription);
 * small JSON, kept 35 days after its last change.
 */
export type ObjectRecord = Record<string, unknown>

/** The records of the objects that a batch of events touches, loaded before, written back after. */
export interface Ledger {
  get(objectId: string): ObjectRecord | undefined
  /** Replaces the record. A record that was handed out is never changed in place, so it may be kept and compared. */
  set(objectId: string, record: ObjectRecord): void
}

/** What one event says, before it is known whether that is news. */
export interface Claims {
  /** Ids of the objects whose records deciding it needs. */
  objects: readonly string[]
  /** Drops what the ledger knows, turns running totals into increments, notes the rest, and gives the facts. */
  settle(ledger: Ledger): Fact[]
}

/** Pure first step: reads the event, touches nothing. */
export type ReadClaims = (event: StripeEnvelope) => Claims

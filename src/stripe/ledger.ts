import { DAY, type Seconds } from '../time.ts'
import type { StripeEnvelope } from './event.ts'
import type { Fact } from './facts.ts'

/**
 * How long after its last change a record is kept. Stripe retries for 3 days and resends for 30: the record of
 * any object must answer for what was counted at least as long.
 */
export const KEEP_SETTLED: Seconds = 35 * DAY

/** Refunds are made for up to 180 days, and fail weeks later. */
export const KEEP_REFUNDED: Seconds = 220 * DAY

/** Open invoices, open disputes, subscriptions that have not ended. */
export const KEEP_OPEN: Seconds = 400 * DAY

/**
 * What was already reported of one Stripe object (a charge with its refunds, a dispute, an invoice, a subscription);
 * small JSON, kept as long as its business may go on.
 */
export type ObjectRecord = Record<string, unknown>

/** The records of the objects that a batch of events touches, loaded before, written back after. */
export interface Ledger {
  get(objectId: string): ObjectRecord | undefined
  /**
   * Replaces the record. A record that was handed out is never changed in place, so it may be kept and compared.
   * @param keepFor how long it is kept from this event on
   */
  set(objectId: string, record: ObjectRecord, keepFor: Seconds): void
}

/** What one event says, before it is known whether that is news. */
export interface EventReading {
  /** Ids of the objects whose records deciding it needs. */
  objects: readonly string[]
  /** Drops what the ledger knows, turns running totals into increments, notes the rest, and gives the facts. */
  apply(ledger: Ledger): Fact[]
}

/** Pure first step: reads the event, touches nothing. */
export type BillingReader = (event: StripeEnvelope) => EventReading

import type { Seconds } from '../../time.ts'
import type { StripeEnvelope } from '../event.ts'
import { type EventReading, KEEP_SETTLED } from '../ledger.ts'
import type { Fields } from '../read.ts'

/** Of an event that says nothing to be judged. */
export const NOTHING: EventReading = { objects: [], apply: () => [] }

/** Whether the event's object is of the type; one that does not say what it is is taken at the event's word. */
export const isA = (type: string, object: Fields): boolean =>
  typeof object['object'] !== 'string' || object['object'] === type

/**
 * What every fact carries. Spread after the first field of a literal, never before it: fields added to an object
 * that began as a spread cost Node a microsecond each.
 */
export const common = (event: StripeEnvelope, customer: string | undefined) => ({
  at: event.created,
  eventId: event.id,
  customer,
})

/** Marks of what was already reported, newest last, so that a record stays small however long its object lives. */
export const remember = <Mark>(marks: readonly Mark[], mark: Mark, most: number): Mark[] =>
  [...marks, mark].slice(-most)

/** A stored list of one type; elements of another type are left out. */
export const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.filter((mark) => typeof mark === 'number') : []

export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((mark) => typeof mark === 'string') : []

/** An object that began longer ago than this is no news, though its first event to reach us is of now. */
const NEWS: Seconds = 86_400

/** Whether an object with this creation time is about as new as the event. */
export const isNews = (event: StripeEnvelope, created: Seconds | undefined): boolean =>
  created !== undefined && event.created - created <= NEWS

/** Whether an object with this creation time may have been counted and forgotten before this event. */
export const isOlderThanMemory = (event: StripeEnvelope, created: Seconds | undefined): boolean =>
  created !== undefined && created < event.created - KEEP_SETTLED

import type { Seconds } from '../../time.ts'
import type { Subject } from '../detector.ts'

/** The newest signs, with what shows them: time, Stripe object, Stripe event. Plain data. */
export type Signs = [at: Seconds, object: string, event: string][]

const KEPT = 50

export function noteSign(signs: Signs, at: Seconds, object: string, event: string): void {
  signs.push([at, object, event])
  if (signs.length > KEPT) signs.shift()
}

/** What the signs from `onset` on are, for a finding's `subjects` and `events`. */
export function shownBy(
  signs: Signs,
  onset: Seconds,
  type: (object: string) => string,
): { subjects: Subject[]; events: string[] } {
  const since = signs.filter(([at]) => at >= onset)
  return {
    subjects: since.map(([, id]) => ({ type: type(id), id })),
    events: since.map(([, , event]) => event),
  }
}

/** Stripe's object type by the id's prefix. */
export function typeOfId(id: string): string {
  if (id.startsWith('pi_')) return 'payment_intent'
  if (id.startsWith('seti_')) return 'setup_intent'
  if (id.startsWith('du_') || id.startsWith('dp_')) return 'dispute'
  if (id.startsWith('evt_')) return 'event'
  return 'charge'
}

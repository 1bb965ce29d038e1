import type { Seconds } from '../../time.ts'
import type { Subject } from '../detector.ts'

/** The newest signs, with what shows them: time, Stripe object, Stripe event. Plain data. */
export type Signs = [at: Seconds, object: string, event: string][]

const KEPT = 50

export function noteSign(signs: Signs, at: Seconds, object: string, event: string): void {
  signs.push([at, object, event])
  if (signs.length > KEPT) signs.shift()
}

/** What a finding's `subjects` and `events` are: with the first all signs from `onset` on, then the newest. */
export function shownBy(
  signs: Signs,
  onset: Seconds,
  isFirst: boolean,
): { subjects: Subject[]; events: string[] } {
  const since = (isFirst ? signs : signs.slice(-1)).filter(([at]) => at >= onset)
  return {
    subjects: since.map(([, id]) => ({ type: typeOf(id), id })),
    events: since.map(([, , event]) => event),
  }
}

/** Stripe's object type by the id's prefix. */
function typeOf(id: string): string {
  if (id.startsWith('pi_')) return 'payment_intent'
  if (id.startsWith('seti_')) return 'setup_intent'
  if (id.startsWith('du_') || id.startsWith('dp_')) return 'dispute'
  if (id.startsWith('evt_')) return 'event'
  return 'charge'
}

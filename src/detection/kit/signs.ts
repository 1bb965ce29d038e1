import type { Seconds } from '../../time.ts'
import type { SeriesPoint, Subject } from '../detector.ts'

/** The newest signs, with what shows them: time, Stripe object, Stripe event. Plain data. */
export type Signs = [at: Seconds, object: string, event: string][]

const KEPT = 50

export function noteSign(signs: Signs, at: Seconds, object: string, event: string): void {
  signs.push([at, object, event])
  if (signs.length > KEPT) signs.shift()
}

/**
 * How a finding shows an incident: the first one by all signs from `onset` on, with their number and what led to them;
 * each other by the newest sign.
 */
export function shownBy(
  signs: Signs,
  onset: Seconds,
  first: { signs: number; series: readonly SeriesPoint[] } | false,
) {
  const shown = (first ? signs : signs.slice(-1)).filter(([at]) => at >= onset)
  return {
    signs: first ? first.signs : 1,
    subjects: shown.map(([, id]): Subject => ({ type: typeOf(id), id })),
    events: shown.map(([, , event]) => event),
    series: first ? first.series : undefined,
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

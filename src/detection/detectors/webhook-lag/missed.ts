import type { Delivered } from '../../../stripe/facts.ts'
import { HOUR, type Seconds } from '../../../time.ts'
import type { Finding, StripeAnswer } from '../../detector.ts'
import { TOO_LATE } from '../../kit/disorder.ts'
import { missedFinding } from './finding.ts'
import { lateness } from './lateness.ts'
import type { OwnContext, State } from './state.ts'

/**
 * Events that no webhook brought: they were found at Stripe's API. One or two are a delivery that was lost; these many are a
 * delivery that is broken, and that is no guess.
 */

const WINDOW: Seconds = 3 * HOUR
const KEPT = 200
const MIN_SHARE = 0.2
/** With so many after each other and no delivery between them nothing gets through. */
const IN_A_ROW = 3
/** As many as a finding shows. */
const SHOWN = 50

/** Whether Stripe says that it does not deliver to the endpoint. */
export const isShut = (answer: StripeAnswer | undefined): boolean =>
  answer !== undefined && answer.endpoint !== null && answer.endpoint !== 'enabled'

/** Judges one more event that was found. */
export function missed(state: State, fact: Delivered, context: OwnContext): Finding[] {
  if (fact.lag > TOO_LATE) return []
  const found = fact.at + fact.lag
  note(state, fact)
  const { minLate } = context.settings
  const { recent, row } = state.missed
  const { arrivals } = lateness(state.arrivals, fact.at)
  const share = recent.length / (recent.length + arrivals)
  const inARow = row.count >= IN_A_ROW
  const many = recent.length >= minLate && share >= MIN_SHARE
  const shut = isShut(context.stripe(found))
  const before = state.open?.missed
  if (before === undefined && !inARow && !many && !shut) return []
  const signs = before === undefined ? Math.max(inARow ? row.count : 0, many ? recent.length : 0, 1) : 1
  const first = before?.first ?? (inARow && !many ? row.first : (recent[0]?.[0] ?? fact.at))
  const all = { first, count: (before?.count ?? 0) + signs, last: Math.max(before?.last ?? 0, fact.at) }
  const startedAt = Math.min(state.open?.startedAt ?? first, first)
  state.open = { startedAt, lastSign: found, silent: false, missed: all }
  state.disturbedAt = found
  return [
    missedFinding({
      ...all,
      calendar: context.calendar,
      startedAt,
      signs,
      share,
      minLate,
      silent: inARow,
      endpoint: shut ? context.stripe(found)?.endpoint : null,
      events: (before === undefined ? recent : recent.slice(-1)).slice(-SHOWN).map(([, event]) => event),
    }),
  ]
}

function note(state: State, { at, eventId }: Delivered): void {
  const { missed } = state
  missed.recent.push([at, eventId])
  const newest = missed.recent.reduce((max, [one]) => Math.max(max, one), at)
  missed.recent = missed.recent.filter(([one]) => one > newest - WINDOW).slice(-KEPT)
  if (missed.row.first <= state.last) missed.row = { first: 0, count: 0 }
  if (at <= state.last) return
  missed.row = {
    first: missed.row.count === 0 ? at : Math.min(missed.row.first, at),
    count: missed.row.count + 1,
  }
}

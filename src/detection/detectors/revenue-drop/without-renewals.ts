import type { InvoicePaid } from '../../../stripe/facts.ts'
import { DAY, type Seconds } from '../../../time.ts'
import { areConcentrated, isRenewal } from './renewals.ts'
import { Revenue } from './revenue.ts'
import { isOpen, type State } from './state.ts'

/**
 * Revenue without renewals is learned from the first renewal on, beside the revenue with them that is judged meanwhile.
 * After four weeks it is known as well, and so are the days on which monthly renewals are due.
 */
const KNOWN: Seconds = 28 * DAY
/** Where all renewals come on a few days the others are known sooner than a month that has such days. */
const KNOWN_OF_RUNS: Seconds = 14 * DAY

/** A charge turns out to have paid for a renewal: it leaves the other revenue. */
export function takeOut(state: State, fact: InvoicePaid): void {
  const { at, currency, amountPaid: amount = fact.total } = fact
  if (fact.outOfBand || amount <= 0 || !isRenewal(fact) || state.since === 0) return
  if (!state.isApart) state.next ??= { since: at, revenue: new Revenue() }
  const revenue = state.next?.revenue ?? state.revenue
  revenue.remove(at, currency, amount)
}

/** Judges revenue without renewals from now on, once it is known. */
export function takeOver(state: State, now: Seconds): void {
  const { next } = state
  if (next === undefined || isOpen(state)) return
  if (now - next.since < (comesInRuns(state) ? KNOWN_OF_RUNS : KNOWN)) return
  state.revenue = next.revenue
  state.isApart = true
  delete state.next
}

/** In the first weeks of a tenant one run of renewals hides what is usual on other days, and nothing is said of it. */
export const isHiddenByRuns = (state: State, now: Seconds): boolean =>
  state.next !== undefined && now - state.since < KNOWN && comesInRuns(state)

const comesInRuns = ({ renewals }: State): boolean => renewals !== undefined && areConcentrated(renewals)

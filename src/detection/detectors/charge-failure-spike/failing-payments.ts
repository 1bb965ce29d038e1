import { DAY, type Seconds } from '../../../time.ts'
import type { Context, Finding, Setting, Step } from '../../detector.ts'
import { addTo, type Sums } from '../../kit/amounts.ts'
import { type Lanes, laneOf } from '../../kit/lanes.ts'
import { type Mark, mostLikelyOnset, noteMark, type Since } from '../../kit/onset.ts'
import { ADOPTED, ending, LASTING, LASTING_NOTE } from '../../kit/open.ts'
import { noteSign, type Signs, shownBy } from '../../kit/signs.ts'
import { learnSize, type Sizes } from '../../kit/sizes.ts'
import { type Cusum, earliest, newCusum, shareAt, stepBernoulli } from '../../statistics/cusum.ts'
import { excessShare } from '../../statistics/deviance.ts'
import { type Habit, Habits } from '../../statistics/habits.ts'
import { nextHour } from '../../statistics/hours.ts'
import { closeSpan, openSpan, type Spans, touches } from '../../statistics/spans.ts'
import { threshold } from '../../statistics/threshold.ts'
import { failureFinding } from './finding.ts'
import { type Failure, FirstOutcomes, idOf, isCardTest, isTrouble, type Payment } from './first-outcome.ts'
import { FailureShare } from './share.ts'

/** Odds of failing against the usual ones: a rise, and a collapse. */
export const ODDS = [2, 5] as const
export const FEWEST_A_YEAR = 2_000
/** This much evidence for the usual share ends the incident. */
const CALM_NATS = 6
const SILENT: Seconds = DAY

/** One alternative, with its failures since the onset. */
interface Run {
  odds: number
  sum: Cusum
  marks: Mark[]
}

interface Lane {
  newest: Seconds
  runs: Run[]
  signs: Signs
}

interface Open {
  odds: number
  startedAt: Seconds
  lastSign: Seconds
  payments: number
  failed: number
  /** Evidence at this moment, and the most there was. */
  score: number
  nats: number
  /** Share at firing: half-way from the usual to it is where the reverse test looks. */
  share: number
  /** Evidence that it is over, and when that last stood at 0. */
  calm: number
  calmSince: Seconds
  amounts: Sums
  codes: Sums
  /** What explains it as long as it is no more than that, and whether it is said that it is more. */
  habit: Habit | null
  isReported: boolean
}

/** Payments that are answered at once: cards, wallets and the like. */
export interface FailingPayments {
  outcomes: FirstOutcomes
  /** Ordinary amounts: stolen cards are tried at the lowest price there is. */
  sizes: Sizes
  share: FailureShare
  lanes: Lanes<Lane>
  incidents: Spans
  habits: Habits
  open: Open | null
}

export type FailureContext = Context<{ minRise: Setting; minFailures: Setting; falseAlarmsPerYear: Setting }>

const newRun = (odds: number): Run => ({ odds, sum: newCusum(), marks: [] })
const newLane = (): Lane => ({ newest: 0, runs: ODDS.map(newRun), signs: [] })

export const failingPayments = (stored?: FailingPayments): FailingPayments => ({
  sizes: {},
  lanes: { now: newLane(), backlog: null },
  incidents: [],
  open: null,
  ...stored,
  outcomes: new FirstOutcomes(stored?.outcomes),
  share: new FailureShare(stored?.share),
  habits: new Habits(stored?.habits),
})

export function observePayment(
  state: FailingPayments,
  fact: Payment,
  context: FailureContext,
): Step | undefined {
  const failure = fact.kind === 'chargeSucceeded' ? undefined : fact
  if (fact.kind === 'chargeSucceeded') learnSize(state.sizes, fact.amount, fact.currency)
  else if (!isTrouble(fact) || isCardTest(fact, state.sizes)) return undefined
  const { now } = state.lanes
  if (!state.outcomes.admit(fact, Math.max(now.newest, fact.at))) return undefined
  const lane = laneOf(state.lanes, fact.at, newLane)
  state.share.settle(now.newest, (from, to) => touches(state.incidents, from, to), earliest(now.runs))
  state.share.count(fact.at, failure !== undefined)
  if (failure !== undefined) noteSign(lane.signs, fact.at, idOf(failure), failure.eventId)
  return state.open === null
    ? watch(state, lane, { failure, at: fact.at }, context)
    : follow(state, state.open, { failure, at: fact.at }, context)
}

interface Outcome {
  failure: Failure | undefined
  at: Seconds
}

const needed = ({ share }: FailingPayments, { settings }: FailureContext): number =>
  threshold(ODDS.length * Math.max(FEWEST_A_YEAR, share.paymentsAYear), settings.falseAlarmsPerYear)

/** The share from which a rise is worth reporting. */
export const barOf = (usual: number, { settings }: FailureContext): number =>
  Math.max(usual + settings.minRise, 1.5 * usual)

function watch(
  state: FailingPayments,
  lane: Lane,
  { failure, at }: Outcome,
  context: FailureContext,
): Step | undefined {
  const edge = state.share.edgeAt(at)
  for (const run of lane.runs) {
    if (stepBernoulli(run.sum, failure !== undefined, edge, run.odds, at)) run.marks = []
    if (failure !== undefined) noteMark(run.marks, markOf(failure, run.sum.units - 1))
  }
  if (failure === undefined) {
    if (lane.signs.length > 0 && lane.runs.every(({ sum }) => sum.score === 0)) lane.signs = []
    return undefined
  }
  const fired = strongestOf(state, lane, context)
  if (fired === undefined) return undefined
  const { run, since } = fired
  const habit = state.habits.at(since.at, context.feedback) ?? null
  const open: Open = {
    odds: run.odds,
    startedAt: since.at,
    lastSign: lane.newest,
    payments: since.exposure,
    failed: since.signs,
    score: run.sum.score,
    nats: run.sum.score,
    share: since.signs / since.exposure,
    calm: 0,
    calmSince: lane.newest,
    amounts: since.amounts,
    codes: since.reasons,
    habit,
    isReported: false,
  }
  state.open = open
  lane.runs = ODDS.map(newRun)
  openSpan(state.incidents, since.at)
  const wakeAt = nextHour(state.lanes.now.newest)
  open.isReported = !isHabitual(state, open, context)
  return !open.isReported
    ? { wakeAt }
    : { findings: [findingOf(state, lane.signs, open, true, context)], wakeAt }
}

function markOf(failure: Failure, before: number): Mark {
  const mark: Mark = { at: failure.at, before, signs: 1, amounts: {}, reasons: {} }
  if (failure.amount !== undefined && failure.currency !== undefined)
    addTo(mark.amounts, failure.currency, failure.amount)
  addTo(mark.reasons, reasonOf(failure), 1)
  return mark
}

const reasonOf = ({ reason, code }: Failure): string => reason ?? code ?? 'unknown'

/** The alternative with most evidence of those that pass every bar, with its most likely beginning. */
function strongestOf(
  state: FailingPayments,
  { newest, runs }: Lane,
  context: FailureContext,
): { run: Run; since: Since } | undefined {
  const { usual } = state.share
  const edge = state.share.edgeAt(newest)
  const { minFailures } = context.settings
  const bar = barOf(usual, context)
  const nats = needed(state, context)
  let best: { run: Run; since: Since } | undefined
  for (const run of runs) {
    if (run.sum.score < nats || run.sum.bad < minFailures || run.sum.score < (best?.run.sum.score ?? 0))
      continue
    const since = mostLikelyOnset(
      run.marks,
      run.sum.units,
      (failed, payments) => excessShare(failed, payments, edge),
      (failed, payments) => failed >= minFailures && failed >= bar * payments,
    )
    // A later beginning that is likelier, but leaves too few failures yet, is waited for.
    if (since?.beaten === 0) best = { run, since }
  }
  return best
}

/** Whether no more fails than fails at this time of the week or month whenever it comes. */
function isHabitual(
  state: FailingPayments,
  { habit, failed, payments }: Open,
  context: FailureContext,
): boolean {
  if (habit === null) return false
  const share = habit.signs / habit.exposure
  const spread = Math.sqrt((share * (1 - share)) / (habit.exposure * habit.occasions))
  return excessShare(failed, payments, Math.min(0.9, 1.1 * (share + spread))) < needed(state, context)
}

function follow(
  state: FailingPayments,
  open: Open,
  { failure, at }: Outcome,
  context: FailureContext,
): Step | undefined {
  const edge = state.share.edgeAt(at)
  const isBad = failure !== undefined
  const worse = shareAt(edge, open.odds)
  const middle = (edge + Math.max(open.share, edge)) / 2
  open.score += isBad ? Math.log(worse / edge) : Math.log((1 - worse) / (1 - edge))
  open.calm = Math.max(0, open.calm + (isBad ? Math.log(edge / middle) : Math.log((1 - edge) / (1 - middle))))
  open.nats = Math.max(open.nats, open.score)
  open.payments += 1
  if (open.calm === 0) open.calmSince = Math.max(open.calmSince, at)
  if (!isBad) return open.calm >= CALM_NATS ? end(state, open, open.calmSince) : undefined
  open.failed += 1
  open.lastSign = Math.max(open.lastSign, at)
  if (failure.amount !== undefined && failure.currency !== undefined)
    addTo(open.amounts, failure.currency, failure.amount)
  addTo(open.codes, reasonOf(failure), 1)
  const wasReported = open.isReported
  if (!open.isReported && isHabitual(state, open, context)) return undefined
  open.isReported = true
  const { signs } =
    at < state.lanes.now.newest && state.lanes.backlog !== null ? state.lanes.backlog : state.lanes.now
  return { findings: [findingOf(state, signs, open, !wasReported, context)] }
}

function end(state: FailingPayments, open: Open, at: Seconds): Step {
  const { startedAt: from, failed: signs, payments: exposure } = open
  state.habits.note({ from, to: at, signs, exposure }, open.habit ?? undefined)
  return close(state, at)
}

function close(state: FailingPayments, at: Seconds, note?: string): Step {
  closeSpan(state.incidents, at)
  state.open = null
  state.lanes.now.signs = []
  return ending(at, note)
}

export function onPaymentTimer(state: FailingPayments, now: Seconds): Step | undefined {
  const { open } = state
  if (open === null) return undefined
  if (now - open.lastSign >= SILENT) return end(state, open, open.lastSign)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  state.share.adopt(now, ADOPTED)
  const step = close(state, now, LASTING_NOTE)
  state.incidents = []
  return step
}

function findingOf(
  state: FailingPayments,
  signs: Signs,
  open: Open,
  isFirst: boolean,
  context: FailureContext,
): Finding {
  const { usual, isBelief } = state.share
  return failureFinding({
    calendar: context.calendar,
    failed: open.failed,
    payments: open.payments,
    usual,
    isBelief,
    bar: barOf(usual, context),
    minFailures: context.settings.minFailures,
    nats: open.nats,
    needed: needed(state, context),
    startedAt: open.startedAt,
    amounts: open.amounts,
    codes: open.codes,
    signs: isFirst ? open.failed : 1,
    ...shownBy(signs, open.startedAt, isFirst),
    series: isFirst ? state.share.series(state.lanes.now.newest) : undefined,
  })
}

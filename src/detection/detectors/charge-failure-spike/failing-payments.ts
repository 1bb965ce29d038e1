import { DAY, type Seconds } from '../../../time.ts'
import type { Context, Finding, Setting, Step } from '../../detector.ts'
import { addMoney, addTo, type Sums } from '../../kit/amounts.ts'
import { idOf } from '../../kit/failures.ts'
import { ADOPTED, type Explained, ending, LASTING, LASTING_NOTE, reportOf } from '../../kit/incident.ts'
import { type Lane, type Lanes, laneOf } from '../../kit/lanes.ts'
import { type Mark, markOf, mostLikelyOnset, noteMark, type Since } from '../../kit/onset.ts'
import { noteSign, type Signs, shownBy } from '../../kit/signs.ts'
import { learnSize, type Sizes } from '../../kit/sizes.ts'
import { type Cusum, earliest, newCusum, shareAt, stepBernoulli } from '../../statistics/cusum.ts'
import { excessShare } from '../../statistics/deviance.ts'
import { type Habit, Habits } from '../../statistics/habits.ts'
import { nextHour } from '../../statistics/hours.ts'
import { closeSpan, openSpan, type Spans } from '../../statistics/spans.ts'
import { threshold } from '../../statistics/threshold.ts'
import { failureFinding } from './finding.ts'
import { FirstOutcomes, failureIn, isCardTest, isTrouble, type Payment, reasonOf } from './first-outcome.ts'
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

interface Open extends Explained {
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
}

/** Payments that are answered at once: cards, wallets and the like. */
export interface FailingPayments {
  outcomes: FirstOutcomes
  /** Ordinary amounts: stolen cards are tried at the lowest price there is. */
  sizes: Sizes
  share: FailureShare
  lanes: Lanes<Lane<Run>>
  incidents: Spans
  habits: Habits
  open: Open | null
}

export type Asked = Context<{ minRise: Setting; minFailures: Setting; falseAlarmsPerYear: Setting }>

const newRun = (odds: number): Run => ({ odds, sum: newCusum(), marks: [] })
const newLane = (): Lane<Run> => ({ newest: 0, runs: ODDS.map(newRun), signs: [] })

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

export function observePayment(state: FailingPayments, fact: Payment, context: Asked): Step | undefined {
  if (fact.kind === 'chargeSucceeded') learnSize(state.sizes, fact.amount, fact.currency)
  else if (!isTrouble(fact) || isCardTest(fact, state.sizes)) return undefined
  const { now } = state.lanes
  if (!state.outcomes.admit(fact, Math.max(now.newest, fact.at))) return undefined
  const lane = laneOf(state.lanes, fact.at, newLane)
  state.share.settle(now.newest, state.incidents, earliest(now.runs))
  const failure = failureIn(fact)
  state.share.count(fact.at, failure !== undefined)
  if (failure !== undefined) noteSign(lane.signs, fact.at, idOf(failure), failure.eventId)
  return state.open === null ? watch(state, lane, fact, context) : follow(state, state.open, fact, context)
}

const needed = (share: FailureShare, { settings }: Asked): number =>
  threshold(ODDS.length * Math.max(FEWEST_A_YEAR, share.paymentsAYear), settings.falseAlarmsPerYear)

/** The share from which a rise is worth reporting. */
export const barOf = (usual: number, { settings }: Asked): number =>
  Math.max(usual + settings.minRise, 1.5 * usual)

function watch(state: FailingPayments, lane: Lane<Run>, fact: Payment, context: Asked): Step | undefined {
  const failure = failureIn(fact)
  const edge = state.share.edgeAt(fact.at)
  for (const run of lane.runs) {
    if (stepBernoulli(run.sum, failure !== undefined, edge, run.odds, fact.at)) run.marks = []
    if (failure !== undefined) noteMark(run.marks, markOf(failure, reasonOf(failure), run.sum.units - 1))
  }
  if (failure === undefined) {
    if (lane.signs.length > 0 && lane.runs.every(({ sum }) => sum.score === 0)) lane.signs = []
    return undefined
  }
  const fired = strongestOf(state, lane, context)
  if (fired === undefined) return undefined
  const { run, since } = fired
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
    habit: state.habits.at(since.at, context.feedback) ?? null,
    isReported: false,
  }
  state.open = open
  lane.runs = ODDS.map(newRun)
  openSpan(state.incidents, since.at)
  return { findings: report(state, lane.signs, open, context), wakeAt: nextHour(state.lanes.now.newest) }
}

/** The alternative with most evidence of those that pass every bar, with its most likely beginning. */
function strongestOf(
  state: FailingPayments,
  { newest, runs }: Lane<Run>,
  context: Asked,
): { run: Run; since: Since } | undefined {
  const { usual } = state.share
  const edge = state.share.edgeAt(newest)
  const { minFailures } = context.settings
  const bar = barOf(usual, context)
  const nats = needed(state.share, context)
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

/** Nothing is said where no more fails than fails at this time of the week or month whenever it comes. */
function report(state: FailingPayments, signs: Signs, open: Open, context: Asked): Finding[] {
  const isHabitual = ({ signs, exposure, occasions }: Habit): boolean => {
    const share = signs / exposure
    const spread = Math.sqrt((share * (1 - share)) / (exposure * occasions))
    const usual = Math.min(0.9, 1.1 * (share + spread))
    return excessShare(open.failed, open.payments, usual) < needed(state.share, context)
  }
  return reportOf(open, isHabitual, (isFirst) => findingOf(state, signs, open, isFirst, context))
}

function follow(state: FailingPayments, open: Open, fact: Payment, context: Asked): Step | undefined {
  const { at } = fact
  const failure = failureIn(fact)
  const isBad = failure !== undefined
  const edge = state.share.edgeAt(at)
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
  addMoney(open.amounts, failure)
  addTo(open.codes, reasonOf(failure) ?? 'unknown', 1)
  const { now, backlog } = state.lanes
  const { signs } = at < now.newest && backlog !== null ? backlog : now
  return { findings: report(state, signs, open, context) }
}

function end(state: FailingPayments, open: Open, at: Seconds): Step {
  const { startedAt: from, failed: signs, payments: exposure } = open
  state.habits.note({ from, to: at, signs, exposure }, open.habit)
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
  { share, lanes }: FailingPayments,
  signs: Signs,
  open: Open,
  isFirst: boolean,
  context: Asked,
): Finding {
  const first = isFirst && { signs: open.failed, series: share.series(lanes.now.newest) }
  return failureFinding({
    ...context.settings,
    ...open,
    ...shownBy(signs, open.startedAt, first),
    calendar: context.calendar,
    usual: share.usual,
    isBelief: share.isBelief,
    bar: barOf(share.usual, context),
    needed: needed(share, context),
  })
}

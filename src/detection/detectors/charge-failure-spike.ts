import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { addTo, type Sums } from '../rates/amounts.ts'
import { failureFinding } from '../rates/failure-finding.ts'
import { FailureShare } from '../rates/failure-share.ts'
import {
  type Failure,
  failedBefore,
  idOf,
  isFirstOutcome,
  isTrouble,
  type Payment,
} from '../rates/first-outcome.ts'
import { ADOPTED, ending, FRESH, LASTING, LASTING_NOTE, timeOf } from '../rates/open.ts'
import { falseAlarmsPerYear } from '../rates/settings.ts'
import { noteSign, type Signs, shownBy } from '../rates/signs.ts'
import { type Cusum, earliest, newCusum, shareAt, stepBernoulli, strongest } from '../statistics/cusum.ts'
import type { Generations } from '../statistics/generations.ts'
import { nextHour } from '../statistics/hours.ts'
import { closeSpan, openSpan, type Spans, touches } from '../statistics/spans.ts'
import { threshold } from '../statistics/threshold.ts'

/** Odds of failing against the usual ones: a rise, and a collapse. */
const ODDS = [2, 5] as const
const FEWEST_A_YEAR = 2_000
/** So much evidence for the usual share ends the incident. */
const CALM = 6
const SILENT: Seconds = DAY

/** One alternative with what was counted since its onset. */
interface Run {
  odds: number
  sum: Cusum
  amounts: Sums
  codes: Sums
}

interface Open extends Run {
  startedAt: Seconds
  lastSign: Seconds
  /** Evidence at this moment; the sum's own score keeps the most there was. */
  score: number
  /** Share at firing: half-way from the usual to it is where the reverse test looks. */
  share: number
  /** Evidence that it is over, and when that last stood at 0. */
  calm: number
  calmSince: Seconds
}

interface State {
  newest: Seconds
  /** Payments and payers that have failed. */
  failed: Generations
  share: FailureShare
  runs: Run[]
  signs: Signs
  incidents: Spans
  open: Open | null
}

const settings = {
  minRise: {
    description: 'The share of failed payments must be above the usual share by at least this much.',
    unit: 'RATIO',
    default: 0.1,
    min: 0.02,
    max: 0.5,
  },
  minFailures: {
    description: 'At least so many payments must have failed.',
    unit: 'COUNT',
    default: 8,
    min: 3,
    max: 200,
  },
  falseAlarmsPerYear,
} as const
type Told = Context<typeof settings>

/** Tells when a larger share of payments fails than this tenant is used to. */
export const chargeFailureSpike = defineDetector({
  name: 'CHARGE_FAILURE_SPIKE',
  title: 'More payments fail',
  description:
    'A larger share of your payments fails than is usual for you. Each payment and each payer counts once, however often it is retried; payments that Radar blocked do not count.',
  facts: ['chargeSucceeded', 'chargeFailed', 'paymentRefused'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 6 * HOUR,
  stateVersion: 2,
  idleAfter: 120 * DAY,
  initial: (): State => stateOf(),
  revive: (stored): State => stateOf(stored as State),
  key: () => '',
  observe,
  onTimer,
})

const newRun = (odds: number): Run => ({ odds, sum: newCusum(), amounts: {}, codes: {} })

function stateOf(stored?: State): State {
  return {
    newest: 0,
    runs: ODDS.map(newRun),
    signs: [],
    incidents: [],
    open: null,
    ...stored,
    failed: failedBefore(stored?.failed),
    share: new FailureShare(stored?.share),
  }
}

function observe(state: State, fact: Payment, context: Told): Step | undefined {
  const failure = fact.kind === 'chargeSucceeded' ? undefined : fact
  if (failure !== undefined && !isTrouble(failure)) return undefined
  const now = Math.max(state.newest, fact.at)
  if (!isFirstOutcome(state.failed, fact, now)) return undefined
  state.newest = now
  state.share.settle(now, (from, to) => touches(state.incidents, from, to), earliest(state.runs))
  state.share.count(fact.at, failure !== undefined)
  if (failure !== undefined) noteSign(state.signs, timeOf(failure.at, now), idOf(failure), failure.eventId)
  return state.open === null
    ? watch(state, failure, now, context)
    : follow(state, state.open, failure, now, context)
}

const needed = ({ share }: State, { settings }: Told): number =>
  threshold(ODDS.length * Math.max(FEWEST_A_YEAR, share.paymentsAYear), settings.falseAlarmsPerYear)

/** The share from which a rise is worth telling. */
const barOf = (usual: number, { settings }: Told): number => Math.max(usual + settings.minRise, 1.5 * usual)

function watch(state: State, failure: Failure | undefined, now: Seconds, context: Told): Step | undefined {
  const { edge } = state.share
  const at = failure === undefined ? now : timeOf(failure.at, now)
  for (const run of state.runs) {
    if (stepBernoulli(run.sum, failure !== undefined, edge, run.odds, at)) {
      run.amounts = {}
      run.codes = {}
    }
    if (failure !== undefined) add(run, failure)
  }
  if (failure === undefined) {
    if (state.signs.length > 0 && state.runs.every(({ sum }) => sum.score === 0)) state.signs = []
    return undefined
  }
  const best = failure.at < now - FRESH ? undefined : fired(state, context)
  if (best === undefined) return undefined
  const { onset, score, bad, units } = best.sum
  state.open = {
    ...best,
    startedAt: onset,
    lastSign: now,
    score,
    share: bad / units,
    calm: 0,
    calmSince: now,
  }
  state.runs = ODDS.map(newRun)
  openSpan(state.incidents, onset)
  return { findings: [findingOf(state, state.open, true, context)], wakeAt: nextHour(now) }
}

/** The alternative with most evidence of those that pass every bar. */
function fired(state: State, context: Told): Run | undefined {
  const { minFailures } = context.settings
  const bar = barOf(state.share.usual, context)
  const nats = needed(state, context)
  return strongest(
    state.runs,
    ({ score, bad, units }) => bad >= minFailures && bad >= bar * units && score >= nats,
  )
}

function follow(
  state: State,
  open: Open,
  failure: Failure | undefined,
  now: Seconds,
  context: Told,
): Step | undefined {
  const { edge } = state.share
  const isBad = failure !== undefined
  const worse = shareAt(edge, open.odds)
  const middle = (edge + Math.max(open.share, edge)) / 2
  open.score += isBad ? Math.log(worse / edge) : Math.log((1 - worse) / (1 - edge))
  open.calm = Math.max(0, open.calm + (isBad ? Math.log(edge / middle) : Math.log((1 - edge) / (1 - middle))))
  open.sum.score = Math.max(open.sum.score, open.score)
  open.sum.units += 1
  if (open.calm === 0) open.calmSince = now
  if (!isBad) return open.calm >= CALM ? end(state, open.calmSince) : undefined
  open.sum.bad += 1
  open.lastSign = now
  add(open, failure)
  return { findings: [findingOf(state, open, false, context)] }
}

function add(run: Run, failure: Failure): void {
  if (failure.amount !== undefined && failure.currency !== undefined)
    addTo(run.amounts, failure.currency, failure.amount)
  addTo(run.codes, failure.reason ?? failure.code ?? 'unknown', 1)
}

function end(state: State, at: Seconds, note?: string): Step {
  closeSpan(state.incidents, at)
  state.open = null
  state.signs = []
  return ending(at, note)
}

function onTimer(state: State, { now }: Told): Step | undefined {
  const { open } = state
  if (open === null) return undefined
  if (now - open.lastSign >= SILENT) return end(state, open.lastSign)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  state.share.adopt(now, ADOPTED)
  const step = end(state, now, LASTING_NOTE)
  state.incidents = []
  return step
}

function findingOf(state: State, open: Open, isFirst: boolean, context: Told): Finding {
  const { usual, isBelief } = state.share
  return failureFinding({
    failed: open.sum.bad,
    payments: open.sum.units,
    usual,
    isBelief,
    bar: barOf(usual, context),
    minFailures: context.settings.minFailures,
    nats: open.sum.score,
    needed: needed(state, context),
    startedAt: open.startedAt,
    amounts: open.amounts,
    codes: open.codes,
    signs: isFirst ? open.sum.bad : 1,
    ...shownBy(state.signs, open.startedAt, isFirst),
    series: isFirst ? state.share.series(state.newest) : undefined,
  })
}

import type { ChargeSucceeded, DisputeOpened, FraudWarning } from '../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { addTo, type Sums } from '../rates/amounts.ts'
import { FlagShare } from '../rates/flag-share.ts'
import { fraudFinding } from '../rates/fraud-finding.ts'
import { ending, FRESH, LASTING, LASTING_NOTE, momentOf, timeOf } from '../rates/open.ts'
import { falseAlarmsPerYear } from '../rates/settings.ts'
import { noteSign, type Signs, shownBy } from '../rates/signs.ts'
import {
  type Cusum,
  type Followed,
  followPoisson,
  newCusum,
  stepPoisson,
  strongest,
} from '../statistics/cusum.ts'
import { HourSlots, hourOf, nextHour } from '../statistics/hours.ts'
import { Ring } from '../statistics/ring.ts'
import { closeSpan, openSpan, type Spans, touches } from '../statistics/spans.ts'
import { HOURS_A_YEAR, threshold } from '../statistics/threshold.ts'

type Flag = DisputeOpened | FraudWarning

const RATIOS = [3, 5, 10] as const
const RING = 2_048
const FEWEST_A_YEAR = 50
/** In the first week twice as many flags are asked for. */
const YOUNG: Seconds = 7 * DAY
const CALM_HOURS = 12
const LOOK_BACK_HOURS = 36

/** One alternative with what was counted since its onset. */
interface Run {
  ratio: number
  sum: Cusum
  amounts: Sums
  reasons: Sums
}

interface Open extends Run, Followed {
  startedAt: Seconds
  lastSign: Seconds
}

interface State {
  since: Seconds
  newest: Seconds
  lastFlag: Seconds
  flagged: Ring
  share: FlagShare
  hours: HourSlots
  runs: Run[]
  signs: Signs
  incidents: Spans
  open: Open | null
}

const settings = {
  minFlags: {
    description:
      'At least so many payments must have been disputed or reported; twice as many in the first week.',
    unit: 'COUNT',
    default: 4,
    min: 2,
    max: 100,
  },
  falseAlarmsPerYear,
} as const
type Told = Context<typeof settings>

/** Tells when more payments than usual are disputed or reported as fraud. */
export const fraudSpike = defineDetector({
  name: 'FRAUD_SPIKE',
  title: 'More disputes and fraud reports',
  description:
    'More of your payments are disputed, or reported as fraud by the card networks, than is usual for you. A payment counts once, however many reports it brings; mere inquiries do not count.',
  facts: ['chargeSucceeded', 'disputeOpened', 'fraudWarning'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 72 * HOUR,
  stateVersion: 2,
  idleAfter: 180 * DAY,
  initial: (): State => stateOf(),
  revive: (stored): State => stateOf(stored as State),
  key: () => '',
  observe,
  onTimer,
})

const newRun = (ratio: number): Run => ({ ratio, sum: newCusum(), amounts: {}, reasons: {} })

function stateOf(stored?: State): State {
  return {
    since: 0,
    newest: 0,
    lastFlag: 0,
    runs: RATIOS.map(newRun),
    signs: [],
    incidents: [],
    open: null,
    ...stored,
    flagged: new Ring(RING, stored?.flagged),
    share: new FlagShare(stored?.share),
    hours: new HourSlots(stored?.hours),
  }
}

function observe(state: State, fact: ChargeSucceeded | Flag, context: Told): Step | undefined {
  if (fact.kind === 'disputeOpened' && fact.inquiry) return undefined
  if (state.since === 0) {
    state.since = fact.at
    state.lastFlag = fact.at
  }
  const now = momentOf(fact.at, state.newest, context)
  state.newest = Math.max(state.newest, now)
  state.share.settle(now, (from, to) => touches(state.incidents, from, to))
  if (fact.kind === 'chargeSucceeded') {
    state.share.countPayment(fact.at, now)
    return undefined
  }
  return state.flagged.admit(chargeOf(fact)) ? flag(state, fact, now, context) : undefined
}

/** A warning and the dispute that follows it are one charge. */
const chargeOf = (fact: Flag): string =>
  fact.charge ?? (fact.kind === 'disputeOpened' ? fact.dispute : fact.warning)

function flag(state: State, fact: Flag, now: Seconds, context: Told): Step | undefined {
  const expected = (perHour(state) * Math.max(0, now - state.lastFlag)) / HOUR
  state.lastFlag = Math.max(state.lastFlag, now)
  state.share.countFlag(fact.at, now)
  state.hours.add(hourOf(fact.at), 1)
  noteSign(state.signs, timeOf(fact.at, now), chargeOf(fact), fact.eventId)
  const { open } = state
  if (open === null) return watch(state, { fact, expected, now }, context)
  followPoisson(open, expected, now)
  open.lastSign = Math.max(open.lastSign, now)
  add(open, fact)
  return { findings: [findingOf(state, open, false, context)] }
}

interface Flagged {
  fact: Flag
  expected: number
  now: Seconds
}

function watch(state: State, { fact, expected, now }: Flagged, context: Told): Step | undefined {
  let anew = 0
  for (const run of state.runs) {
    if (stepPoisson(run.sum, expected, run.ratio, timeOf(fact.at, now))) {
      run.amounts = {}
      run.reasons = {}
      anew += 1
    }
    add(run, fact)
  }
  if (anew === state.runs.length) state.signs = state.signs.slice(-1)
  const best = fact.at < now - FRESH ? undefined : fired(state, now, context)
  if (best === undefined) return undefined
  const { onset, score } = best.sum
  state.open = { ...best, startedAt: onset, lastSign: now, score, peakAt: now }
  state.runs = RATIOS.map(newRun)
  openSpan(state.incidents, onset)
  return { findings: [findingOf(state, state.open, true, context)], wakeAt: nextHour(now) }
}

function fired(state: State, now: Seconds, context: Told): Run | undefined {
  const fewest = (now - state.since < YOUNG ? 2 : 1) * context.settings.minFlags
  const nats = needed(state, context)
  const usualInADay = perHour(state) * (DAY / HOUR)
  const runs = state.runs.map((run) => byDaylight(run, usualInADay))
  return strongest(runs, ({ score, units }) => score >= nats && units >= fewest)
}

/** Banks keep office hours: what came within half a day is measured by twice that time, within a day by all of it. */
function byDaylight(run: Run, usualInADay: number): Run {
  const { score, expected } = run.sum
  const more = Math.max(0, Math.min(expected, usualInADay - expected))
  return { ...run, sum: { ...run.sum, score: score - (run.ratio - 1) * more } }
}

/** Flags expected in an hour, with the margin. */
const perHour = ({ share, newest, incidents }: State): number =>
  share.expectedPerHour(newest, (from, to) => touches(incidents, from, to))

const needed = (state: State, { settings }: Told): number =>
  threshold(
    RATIOS.length * Math.max(FEWEST_A_YEAR, perHour(state) * HOURS_A_YEAR),
    settings.falseAlarmsPerYear,
  )

function add(run: Run, fact: Flag): void {
  if (fact.amount !== undefined && fact.currency !== undefined) addTo(run.amounts, fact.currency, fact.amount)
  const reason = fact.kind === 'disputeOpened' ? fact.reason : fact.fraudType
  addTo(run.reasons, reason ?? 'unknown', 1)
}

function onTimer(state: State, { now }: Told): Step | undefined {
  const { open } = state
  if (open === null) return undefined
  if (isCalm(state, now) && open.lastSign < now) return end(state, open.peakAt)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  state.share.adopt(now)
  const step = end(state, now, LASTING_NOTE)
  state.incidents = []
  return step
}

/**
 * Half a day without a sign and little in the last day and a half. Where flags are so usual that half a day without
 * any does not happen, no more than expected in half a day will do.
 */
function isCalm(state: State, now: Seconds): boolean {
  const { hours } = state
  const hour = hourOf(now)
  const expected = perHour(state)
  const lately = hours.between(hour - CALM_HOURS, hour)
  const allowed = expected * CALM_HOURS
  if (lately > (allowed >= 2 ? allowed : 0)) return false
  return hours.between(hour - LOOK_BACK_HOURS, hour) <= 2 + 1.5 * expected * LOOK_BACK_HOURS
}

function end(state: State, at: Seconds, note?: string): Step {
  closeSpan(state.incidents, at)
  state.open = null
  state.signs = []
  return ending(at, note)
}

function findingOf(state: State, open: Open, isFirst: boolean, context: Told): Finding {
  const { share, newest } = state
  const { units, expected, score } = open.sum
  return fraudFinding({
    flags: units,
    usual: expected,
    minFlags: context.settings.minFlags,
    nats: score,
    needed: needed(state, context),
    startedAt: open.startedAt,
    amounts: open.amounts,
    reasons: open.reasons,
    recent: share.recent(newest),
    signs: isFirst ? units : 1,
    ...shownBy(state.signs, open.startedAt, isFirst),
    series: isFirst ? share.series(newest, perHour(state)) : undefined,
  })
}

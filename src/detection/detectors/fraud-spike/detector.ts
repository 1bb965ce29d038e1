import type { ChargeSucceeded } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { addMoney, addTo, type Sums } from '../../kit/amounts.ts'
import { ofStream } from '../../kit/heads.ts'
import { type Explained, ending, LASTING, LASTING_NOTE, reportOf } from '../../kit/incident.ts'
import { type Lane, type Lanes, laneOf } from '../../kit/lanes.ts'
import { markOf } from '../../kit/onset.ts'
import { addSign, fired, followedFrom, type Run } from '../../kit/runs.ts'
import { countOf, falseAlarmsPerYear } from '../../kit/settings.ts'
import { noteSign, shownBy } from '../../kit/signs.ts'
import { upgradeFraud } from '../../kit/upgrade-runs.ts'
import { type Followed, followPoisson, newCusum } from '../../statistics/cusum.ts'
import { mostUnseen } from '../../statistics/dates.ts'
import { explains, Habits } from '../../statistics/habits.ts'
import { HourSlots, hourOf, nextHour } from '../../statistics/hours.ts'
import { Ring } from '../../statistics/ring.ts'
import { closeSpan, openSpan, type Spans } from '../../statistics/spans.ts'
import { HOURS_A_YEAR, threshold } from '../../statistics/threshold.ts'
import { fraudFinding } from './finding.ts'
import { chargeOf, type Flag, reasonOf } from './flags.ts'
import { FlagShare } from './share.ts'

const RATIOS = [3, 5, 10] as const
const RING = 2_048
const FEWEST_A_YEAR = 50
/** In the first week twice as many flags are asked for. */
const YOUNG: Seconds = 7 * DAY
const CALM_HOURS = 12
const LOOK_BACK_HOURS = 36

interface FlagLane extends Lane<Run> {
  /** The last flag; 0 before it. */
  lastFlag: Seconds
}

interface Open extends Followed, Explained {
  startedAt: Seconds
  lastSign: Seconds
  amounts: Sums
  reasons: Sums
}

interface State {
  since: Seconds
  flagged: Ring
  share: FlagShare
  hours: HourSlots
  lanes: Lanes<FlagLane>
  incidents: Spans
  habits: Habits
  open: Open | null
}

const settings = {
  minFlags: countOf(
    'At least this many payments must have been disputed or reported; twice as many in the first week.',
    { default: 4, min: 2, max: 100 },
  ),
  falseAlarmsPerYear,
}
type Asked = Context<typeof settings>

/** Reports when more payments than usual are disputed or reported as fraud. */
export const fraudSpike = defineDetector({
  name: 'FRAUD_SPIKE',
  title: 'More disputes and fraud reports',
  description:
    'More of your payments are disputed, or reported as fraud by the card networks, than is usual for you. A payment counts once, however often it is reported; inquiries that are not disputes yet do not count.',
  facts: ['chargeSucceeded', 'disputeOpened', 'fraudWarning'],
  settings,
  cooldown: 72 * HOUR,
  stateVersion: 3,
  upgrade: { 2: upgradeFraud },
  idleAfter: 180 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
})

const newRun = (ratio: number): Run => ({ ratio, sum: newCusum(), marks: [] })
const newLane = (): FlagLane => ({ newest: 0, lastFlag: 0, runs: RATIOS.map(newRun), signs: [] })

function stateOf(stored?: State): State {
  return {
    since: 0,
    lanes: { now: newLane(), backlog: null },
    incidents: [],
    open: null,
    ...stored,
    flagged: new Ring(RING, stored?.flagged),
    share: new FlagShare(stored?.share),
    hours: new HourSlots(stored?.hours),
    habits: new Habits(stored?.habits),
  }
}

function observe(state: State, fact: ChargeSucceeded | Flag, context: Asked): Step | undefined {
  if (fact.kind === 'disputeOpened' && fact.inquiry) return undefined
  if (state.since === 0) {
    state.since = fact.at
    state.lanes.now.lastFlag = fact.at
  }
  const lane = laneOf(state.lanes, fact.at, newLane)
  const { newest } = state.lanes.now
  state.share.settle(newest, state.incidents)
  if (fact.kind === 'chargeSucceeded') {
    state.share.countPayment(fact.at, newest)
    return undefined
  }
  return state.flagged.admit(chargeOf(fact)) ? flag(state, lane, fact, context) : undefined
}

function flag(state: State, lane: FlagLane, fact: Flag, context: Asked): Step | undefined {
  const last = lane.lastFlag === 0 ? fact.at : lane.lastFlag
  const expected = (perHour(state) * Math.max(0, fact.at - last)) / HOUR
  lane.lastFlag = Math.max(last, fact.at)
  state.share.countFlag(fact.at, state.lanes.now.newest)
  state.hours.add(hourOf(fact.at), 1)
  noteSign(lane.signs, fact.at, chargeOf(fact), fact.eventId)
  const { open } = state
  if (open === null) return watch(state, lane, fact, expected, context)
  followPoisson(open, expected, Math.max(open.peakAt, fact.at))
  open.lastSign = Math.max(open.lastSign, fact.at)
  addMoney(open.amounts, fact)
  addTo(open.reasons, reasonOf(fact) ?? 'unknown', 1)
  return { findings: report(state, lane, open, context) }
}

function watch(state: State, lane: FlagLane, fact: Flag, expected: number, context: Asked): Step | undefined {
  addSign(lane, { expected, at: fact.at }, newRun, (before) => markOf(fact, reasonOf(fact), before))
  const fewest = (lane.newest - state.since < YOUNG ? 2 : 1) * context.settings.minFlags
  const usualInADay = perHour(state) * (DAY / HOUR)
  const found = fired(
    lane.runs.map((run) => byDaylight(run, usualInADay)),
    needed(state, context),
    fewest,
  )
  if (found === undefined) return undefined
  const { run, since } = found
  const open: Open = {
    ...followedFrom(since, run, fact.at),
    startedAt: since.at,
    lastSign: fact.at,
    amounts: since.amounts,
    reasons: since.reasons,
    habit: state.habits.at(since.at, context.feedback) ?? null,
    isReported: false,
  }
  state.open = open
  lane.runs = RATIOS.map(newRun)
  openSpan(state.incidents, since.at)
  return { findings: report(state, lane, open, context), wakeAt: nextHour(state.lanes.now.newest) }
}

/** Banks keep office hours: what came within half a day is measured by twice that time, within a day by all of it. */
function byDaylight(run: Run, usualInADay: number): Run {
  const { score, expected } = run.sum
  const more = Math.max(0, Math.min(expected, usualInADay - expected))
  return { ...run, sum: { ...run.sum, score: score - (run.ratio - 1) * more } }
}

/** Nothing is said of no more than come at this time of the week or month whenever it comes. */
const report = (state: State, lane: FlagLane, open: Open, context: Asked): Finding[] =>
  reportOf(
    open,
    (habit) => explains(habit, open.sum.units, needed(state, context)),
    (isFirst) => findingOf(state, lane, open, isFirst, context),
  )

/** Flags expected in an hour, with the margin. */
const perHour = ({ share, lanes, incidents }: State): number =>
  mostUnseen(lanes.now.newest) * share.expectedPerHour(lanes.now.newest, incidents)

const needed = (state: State, { settings }: Asked): number =>
  threshold(
    RATIOS.length * Math.max(FEWEST_A_YEAR, perHour(state) * HOURS_A_YEAR),
    settings.falseAlarmsPerYear,
  )

function onTimer(state: State, { now }: Asked): Step | undefined {
  const { open } = state
  if (open === null) return undefined
  if (isCalm(state, now) && open.lastSign < now) return end(state, open)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  state.share.adopt(now)
  const step = close(state, now, LASTING_NOTE)
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

/** It has ended by itself: should it come back at its time, it is a habit. */
function end(state: State, open: Open): Step {
  const { startedAt: from, peakAt: to, sum } = open
  state.habits.note({ from, to, signs: sum.units, exposure: 1 }, open.habit)
  return close(state, to)
}

function close(state: State, at: Seconds, note?: string): Step {
  closeSpan(state.incidents, at)
  state.open = null
  state.lanes.now.signs = []
  return ending(at, note)
}

function findingOf(state: State, lane: FlagLane, open: Open, isFirst: boolean, context: Asked): Finding {
  const { newest } = state.lanes.now
  const { units, expected, score } = open.sum
  const first = isFirst && { signs: units, series: state.share.series(newest, perHour(state)) }
  return fraudFinding({
    ...context.settings,
    ...open,
    ...shownBy(lane.signs, open.startedAt, first),
    calendar: context.calendar,
    flags: units,
    usual: expected,
    nats: score,
    needed: needed(state, context),
    recent: state.share.recent(newest),
  })
}

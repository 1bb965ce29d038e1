import type { ChargeSucceeded, Refunded } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { addTo, type Sums } from '../../kit/amounts.ts'
import { ofStream } from '../../kit/heads.ts'
import { type Explained, ending, LASTING, LASTING_NOTE, reportOf } from '../../kit/incident.ts'
import { seasonSeries } from '../../kit/series.ts'
import { countOf, falseAlarmsPerYear, ratioOf } from '../../kit/settings.ts'
import { noteSign, type Signs, shownBy } from '../../kit/signs.ts'
import { upgradeRefunds } from '../../kit/upgrade-runs.ts'
import { count, newRate, type Rate } from '../../statistics/decayed.ts'
import { excess } from '../../statistics/deviance.ts'
import { type Habit, Habits } from '../../statistics/habits.ts'
import { hourOf, nextHour } from '../../statistics/hours.ts'
import { Ring } from '../../statistics/ring.ts'
import { RARE_PRIORS, Season, type SeasonSpec } from '../../statistics/season.ts'
import { testsOfWindows, threshold } from '../../statistics/threshold.ts'
import { type Batches, learnBatches, newBatches } from './batches.ts'
import { DAY_HOURS, GROWN, measure, PRIOR, usualIn } from './course.ts'
import { refundFinding } from './finding.ts'
import { type HourlyMoney, moneySince, noteMoney } from './hourly-money.ts'
import { RecentPayments } from './recent-payments.ts'
import { oddestWindow, onsetIn, type Window, widthsOf } from './windows.ts'

const RING = 4_096
/** In the first days twice as many are asked for: they belong to payments that were never seen. */
const YOUNG: Seconds = 3 * DAY
const SEASON: SeasonSpec = {
  delay: 72,
  priors: RARE_PRIORS,
  // Days are learned three days late, so the 14th day of a tenant is the 11th learned.
  dispersion: { prior: 0.12, young: 0.15, youngDays: 11, floor: 0.003 },
}

interface Open extends Explained {
  startedAt: Seconds
  lastSign: Seconds
  refunds: number
  nats: number
  amounts: Sums
}

interface State {
  since: Seconds
  newest: Seconds
  charges: Ring
  season: Season
  pace: Rate
  payments: RecentPayments
  batches: Batches
  money: HourlyMoney
  signs: Signs
  habits: Habits
  /** Windows begin no earlier than the last incident's end. */
  calmSince: Seconds
  open: Open | null
}

const settings = {
  minRefunds: countOf(
    'At least this many payments must have been refunded; twice as many in the first three days.',
    { default: 8, min: 3, max: 500 },
  ),
  minTimes: ratioOf('The refunds must be at least this many times the usual number.', {
    default: 2.5,
    min: 1.5,
    max: 20,
  }),
  falseAlarmsPerYear,
}
type Asked = Context<typeof settings>

/** Reports when more payments than usual are refunded. */
export const refundSpike = defineDetector({
  name: 'REFUND_SPIKE',
  title: 'More refunds',
  description:
    'More of your payments are refunded than is usual for you at this time of the week. A payment counts once, however many partial refunds it gets; authorisations that were only released do not count.',
  facts: ['refunded', 'chargeSucceeded'],
  settings,
  cooldown: 24 * HOUR,
  stateVersion: 3,
  upgrade: { 1: upgradeRefunds, 2: (old) => old }, // Named days are noted from now on.
  idleAfter: 120 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
})

function stateOf(stored?: State): State {
  return {
    since: 0,
    newest: 0,
    pace: newRate(),
    money: [],
    signs: [],
    calmSince: 0,
    open: null,
    ...stored,
    charges: new Ring(RING, stored?.charges),
    season: new Season(SEASON, stored?.season),
    payments: new RecentPayments(stored?.payments),
    batches: stored?.batches ?? newBatches(),
    habits: new Habits(stored?.habits),
  }
}

function observe(state: State, fact: ChargeSucceeded | Refunded, context: Asked): Step | undefined {
  if (state.since === 0) state.since = fact.at
  const now = Math.max(state.newest, fact.at)
  state.newest = now
  state.season.advance(now, context.delivery.dark)
  for (const pile of learnBatches(state.batches, state, now)) state.habits.noteQuiet(pile)
  if (fact.kind === 'chargeSucceeded') {
    // Even a tenant that never refunds has a usual course, and it begins now.
    state.season.add(fact.at, 0)
    state.payments.count(fact.at, now)
    if (now - state.since < GROWN) count(state.pace, now, PRIOR.halfLife)
    return undefined
  }
  // A refund that failed takes money back that was counted once: the payment stays counted.
  if (fact.amount <= 0) return undefined
  noteMoney(state.money, hourOf(fact.at), fact.currency, fact.amount)
  if (state.open !== null) addTo(state.open.amounts, fact.currency, fact.amount)
  if (!state.charges.admit(fact.charge)) return undefined
  state.season.add(fact.at)
  noteSign(state.signs, fact.at, fact.charge, fact.eventId)
  return state.open === null ? watch(state, fact.at, context) : follow(state, state.open, fact.at, context)
}

const needed = (state: State, { settings }: Asked): number =>
  threshold(testsOfWindows(widthsOf(state)), settings.falseAlarmsPerYear)

function watch(state: State, at: Seconds, context: Asked): Step | undefined {
  const { minRefunds, minTimes } = context.settings
  const isYoung = state.newest - state.since < YOUNG
  const window = oddestWindow(state, at, {
    minRefunds: isYoung ? 2 * minRefunds : minRefunds,
    minTimes,
    nats: needed(state, context),
  })
  return window && begin(state, window, context)
}

function begin(state: State, window: Window, context: Asked): Step {
  const startedAt = onsetIn(state, window)
  const inWindow = state.signs.filter((sign) => hourOf(sign[0]) < window.to)
  const open: Open = {
    startedAt,
    lastSign: Math.max(startedAt, ...inWindow.map((sign) => sign[0])),
    refunds: state.season.hours.between(hourOf(startedAt), window.to),
    nats: window.nats,
    amounts: moneySince(state.money, hourOf(startedAt)),
    habit: state.habits.at(startedAt, context.feedback) ?? null,
    isReported: false,
  }
  state.open = open
  state.season.trouble(startedAt)
  return { findings: report(state, open, context), wakeAt: nextHour(state.newest) }
}

/** Nothing is said of no more than come at this time of the week or month whenever it comes. */
function report(state: State, open: Open, context: Asked): Finding[] {
  const isHabitual = ({ signs, variance }: Habit): boolean =>
    open.refunds < context.settings.minTimes * signs ||
    excess(open.refunds, signs, variance) < needed(state, context)
  return reportOf(open, isHabitual, (isFirst) => findingOf(state, open, isFirst, context))
}

function follow(state: State, open: Open, at: Seconds, context: Asked): Step {
  open.refunds += 1
  open.lastSign = Math.max(open.lastSign, at)
  if (at < open.startedAt) {
    open.startedAt = Math.min(
      open.startedAt,
      onsetIn(state, { from: hourOf(at), to: hourOf(open.lastSign) + 1 }),
    )
    state.season.trouble(open.startedAt)
  }
  return { findings: report(state, open, context) }
}

function onTimer(state: State, { now, delivery }: Asked): Step | undefined {
  const { open, season } = state
  if (open === null) return undefined
  season.advance(now, delivery.dark)
  if (open.lastSign < now && isCalm(state, now)) return end(state, open)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  season.adopt(now, delivery.dark)
  return close(state, now, LASTING_NOTE)
}

/** Three hours without a sign and little in twelve, or twelve without; where refunds are frequent, three hours of not much more than usual. */
function isCalm(state: State, now: Seconds): boolean {
  const { season } = state
  const to = hourOf(now)
  const half = season.hours.between(to - 12, to)
  if (half === 0) return true
  const usual = usualIn(state, { from: to - 3, to, now })
  if (season.hours.between(to - 3, to) > (usual >= 2 ? 1.5 * usual : 0)) return false
  return half <= 2 + 2 * usualIn(state, { from: to - 12, to, now })
}

/** It has ended by itself: should it come back at its time, it is a habit. */
function end(state: State, open: Open): Step {
  const { startedAt: from, lastSign: to, refunds: signs } = open
  state.habits.note({ from, to, signs, exposure: 1 }, open.habit)
  return close(state, to)
}

function close(state: State, at: Seconds, note?: string): Step {
  state.season.calm(at)
  state.open = null
  state.calmSince = at
  return ending(at, note)
}

function findingOf(state: State, open: Open, isFirst: boolean, context: Asked): Finding {
  const { newest, season } = state
  const to = hourOf(open.lastSign) + 1
  const from = Math.min(hourOf(open.startedAt), to - DAY_HOURS)
  const { usual, nats } = measure(state, open.refunds, { from, to, now: newest })
  open.nats = Math.max(open.nats, nats)
  const first = isFirst && { signs: open.refunds, series: seasonSeries(season, newest) }
  return refundFinding({
    ...context.settings,
    ...open,
    ...shownBy(state.signs, open.startedAt, first),
    calendar: context.calendar,
    usual,
    hours: to - from,
    needed: needed(state, context),
  })
}

import type { ChargeSucceeded, Refunded } from '../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../detector.ts'
import { addTo, type Sums } from '../rates/amounts.ts'
import { type HourlyMoney, moneySince, noteMoney } from '../rates/hourly-money.ts'
import { ending, FRESH, LASTING, LASTING_NOTE } from '../rates/open.ts'
import { GROWN, measure, PRIOR, usualIn } from '../rates/refund-course.ts'
import { refundFinding } from '../rates/refund-finding.ts'
import { seasonSeries } from '../rates/series.ts'
import { falseAlarmsPerYear } from '../rates/settings.ts'
import { noteSign, type Signs, shownBy } from '../rates/signs.ts'
import { count, newRate, type Rate } from '../statistics/decayed.ts'
import { hourOf, nextHour } from '../statistics/hours.ts'
import { Ring } from '../statistics/ring.ts'
import { RARE_PRIORS, Season, type SeasonSpec } from '../statistics/season.ts'
import { testsOfWindows, threshold } from '../statistics/threshold.ts'

const RING = 4_096
const SHORT = 24
const LONG = 72
/** In the first days twice as many are asked for: they belong to payments that were never seen. */
const YOUNG: Seconds = 3 * DAY
const SEASON: SeasonSpec = {
  delay: 72,
  priors: RARE_PRIORS,
  // Days are learned three days late, so the 14th day of a tenant is the 11th learned.
  dispersion: { prior: 0.12, young: 0.15, youngDays: 11, floor: 0.003 },
}

interface Open {
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
  money: HourlyMoney
  signs: Signs
  /** Windows begin no earlier than the last incident's end. */
  calmSince: Seconds
  open: Open | null
}

const settings = {
  minRefunds: {
    description: 'At least so many payments must have been refunded; twice as many in the first three days.',
    unit: 'COUNT',
    default: 8,
    min: 3,
    max: 500,
  },
  minTimes: {
    description: 'So many times the usual number of refunds must have come.',
    unit: 'RATIO',
    default: 2.5,
    min: 1.5,
    max: 20,
  },
  falseAlarmsPerYear,
} as const
type Told = Context<typeof settings>

/** Tells when more payments than usual are refunded. */
export const refundSpike = defineDetector({
  name: 'REFUND_SPIKE',
  title: 'More refunds',
  description:
    'More of your payments are refunded than is usual for you at this time of the week. A payment counts once, however many partial refunds it gets; released authorisations do not count.',
  facts: ['refunded', 'chargeSucceeded'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 24 * HOUR,
  stateVersion: 1,
  idleAfter: 120 * DAY,
  initial: (): State => stateOf(),
  revive: (stored): State => stateOf(stored as State),
  key: () => '',
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
  }
}

function observe(state: State, fact: ChargeSucceeded | Refunded, context: Told): Step | undefined {
  if (state.since === 0) state.since = fact.at
  const now = Math.max(state.newest, fact.at)
  state.newest = now
  state.season.advance(now, context.delivery.dark)
  if (fact.kind === 'chargeSucceeded') {
    // Even a tenant that never refunds has a usual course, and it begins now.
    state.season.add(fact.at, 0)
    if (now - state.since < GROWN) count(state.pace, now, PRIOR.halfLife)
    return undefined
  }
  // A refund that failed takes money back that was counted once: the payment stays counted.
  if (fact.amount <= 0) return undefined
  noteMoney(state.money, hourOf(fact.at), fact.currency, fact.amount)
  if (state.open !== null) addTo(state.open.amounts, fact.currency, fact.amount)
  if (!state.charges.admit(fact.charge)) return undefined
  state.season.add(fact.at)
  noteSign(state.signs, now, fact.charge, fact.eventId)
  return state.open === null
    ? watch(state, fact.at >= now - FRESH, now, context)
    : follow(state, state.open, now, context)
}

interface Window {
  hours: number
  refunds: number
  usual: number
  nats: number
}

/** Refunds of the last so many whole hours, this one with them, against what is usual for those hours. */
function lookAt(state: State, hours: number, now: Seconds): Window {
  const { season, calmSince } = state
  const to = hourOf(now) + 1
  const from = Math.max(to - hours, calmSince > 0 ? hourOf(calmSince) + 1 : 0)
  const refunds = season.hours.between(from, to)
  return { hours, refunds, ...measure(state, refunds, { from, to, now }) }
}

const windowsOf = ({ since }: State, now: Seconds): readonly number[] =>
  now - since < GROWN ? [SHORT] : [SHORT, LONG]

const needed = (state: State, now: Seconds, { settings }: Told): number =>
  threshold(testsOfWindows(windowsOf(state, now)), settings.falseAlarmsPerYear)

function watch(state: State, isFresh: boolean, now: Seconds, context: Told): Step | undefined {
  if (!isFresh) return undefined
  const { minRefunds, minTimes } = context.settings
  const fewest = now - state.since < YOUNG ? 2 * minRefunds : minRefunds
  const nats = needed(state, now, context)
  let best: Window | undefined
  for (const hours of windowsOf(state, now)) {
    const window = lookAt(state, hours, now)
    const passes =
      window.refunds >= fewest && window.refunds >= minTimes * window.usual && window.nats >= nats
    if (passes && window.nats > (best?.nats ?? 0)) best = window
  }
  if (best === undefined) return undefined
  const startedAt = startOf(state, best, now)
  const { refunds } = best
  const amounts = moneySince(state.money, hourOf(startedAt))
  state.open = { startedAt, lastSign: now, refunds, nats: best.nats, amounts }
  state.season.trouble(startedAt)
  return { findings: [findingOf(state, state.open, best, true, context)], wakeAt: nextHour(now) }
}

/** The first refund of the window: to the second where it is still known, else its hour. */
function startOf({ season, signs, calmSince }: State, { hours }: Window, now: Seconds): Seconds {
  const to = hourOf(now) + 1
  let hour = Math.max(to - hours, calmSince > 0 ? hourOf(calmSince) + 1 : 0)
  while (hour < to - 1 && season.hours.at(hour) === 0) hour += 1
  const first = signs.find(([at]) => at >= hour * HOUR)?.[0]
  return first !== undefined && hourOf(first) === hour ? first : hour * HOUR
}

function follow(state: State, open: Open, now: Seconds, context: Told): Step {
  open.refunds += 1
  open.lastSign = now
  const from = hourOf(open.startedAt)
  const to = hourOf(now) + 1
  const hours = Math.max(SHORT, to - from)
  const { usual, nats } = measure(state, open.refunds, { from: Math.min(from, to - SHORT), to, now })
  open.nats = Math.max(open.nats, nats)
  return { findings: [findingOf(state, open, { hours, refunds: open.refunds, usual, nats }, false, context)] }
}

function onTimer(state: State, { now, delivery }: Told): Step | undefined {
  const { open, season } = state
  if (open === null) return undefined
  season.advance(now, delivery.dark)
  if (open.lastSign < now && isCalm(state, now)) return end(state, open.lastSign)
  if (now - open.startedAt < LASTING) return { wakeAt: nextHour(now) }
  season.adopt(now, delivery.dark)
  return end(state, now, LASTING_NOTE)
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

function end(state: State, at: Seconds, note?: string): Step {
  state.season.calm(at)
  state.open = null
  state.calmSince = at
  return ending(at, note)
}

function findingOf(state: State, open: Open, window: Window, isFirst: boolean, context: Told): Finding {
  const { minRefunds, minTimes } = context.settings
  return refundFinding({
    refunds: window.refunds,
    usual: window.usual,
    hours: window.hours,
    minRefunds,
    minTimes,
    nats: open.nats,
    needed: needed(state, state.newest, context),
    startedAt: open.startedAt,
    amounts: open.amounts,
    signs: isFirst ? open.refunds : 1,
    ...shownBy(state.signs, open.startedAt, isFirst),
    series: isFirst ? seasonSeries(state.season, state.newest) : undefined,
  })
}

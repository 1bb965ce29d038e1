import type { Calendar } from '../../../calendar/calendar.ts'
import type { Delivered } from '../../../stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { learnHolidays, newHolidays, withHolidays } from '../../kit/holidays.ts'
import { LASTING, LASTING_NOTE } from '../../kit/open.ts'
import { seasonSeries } from '../../kit/series.ts'
import { falseAlarmsPerYear } from '../../kit/settings.ts'
import { noteSign, type Signs, shownBy } from '../../kit/signs.ts'
import { ofStream } from '../../kit/stream-state.ts'
import { nextHour } from '../../statistics/hours.ts'
import { PRIORS, Season, type SeasonSpec } from '../../statistics/season.ts'
import { closeSpan, openSpan, type Spans, touches } from '../../statistics/spans.ts'
import { HOURS_A_YEAR, threshold } from '../../statistics/threshold.ts'
import {
  DeliveryView,
  endSilence,
  isLost,
  lostHours,
  mayBeQuiet,
  type Silence,
  silence,
  type Watched,
} from './delivery.ts'
import { lateFinding, silenceFinding } from './finding.ts'
import { type Gap, hadOutage, noteGap, noteLate } from './gaps.ts'
import {
  type Arrivals,
  arrive,
  isStraggler,
  type Lateness,
  lateCourse,
  lateness,
  newArrivals,
} from './lateness.ts'
import { Stragglers } from './stragglers.ts'

/** Deliveries closer than this are one burst: one act at Stripe sends several events. */
const BURST: Seconds = MINUTE
const MIN_SHARE = 0.2
/** Below this share of late deliveries the trouble is over, however many stragglers a large tenant has. */
const CALM_SHARE = 0.05
/** Silence is judged from so old on. */
const GROWN: Seconds = 2 * DAY
const CALM: Seconds = 2 * HOUR
/** With nothing arriving for this long the hourly look stops until the next delivery. */
const IDLE: Seconds = 14 * DAY
const SEASON: SeasonSpec = {
  delay: 24,
  priors: PRIORS,
  // Days are learned one day late, so the 14th day of a tenant is the 13th learned.
  dispersion: { prior: 0.25, young: 0.15, youngDays: 13, floor: 0.003 },
}

interface Open {
  startedAt: Seconds
  /** Arrival of the last late delivery, or the last hour that was silent. */
  lastSign: Seconds
  silent: boolean
}

interface State extends Watched {
  awake: boolean
  /** The last burst that was counted, and the last fresh arrival. */
  counted: Seconds
  fresh: Seconds
  arrivals: Arrivals
  /** Late deliveries of ordinary times, by hour of arrival. */
  stragglers: Stragglers
  signs: Signs
  open: Open | null
}

const settings = {
  lateAfter: {
    description: 'An event that arrives more than this long after it happened is late, in seconds.',
    unit: 'SECONDS',
    default: 300,
    min: 30,
    max: DAY,
  },
  minLate: {
    description: 'At least this many events must be late within 3 hours.',
    unit: 'COUNT',
    default: 6,
    min: 3,
    max: 1_000,
  },
  minSilence: {
    description: 'Nothing must have arrived for at least this long, in seconds (3,600 is an hour).',
    unit: 'SECONDS',
    default: HOUR,
    min: 15 * MINUTE,
    max: 7 * DAY,
  },
  falseAlarmsPerYear,
} as const
type OwnContext = Context<typeof settings>

/** Reports when Stripe's events come late or not at all, and lets the other detectors know. */
export const webhookLag = defineDetector({
  name: 'WEBHOOK_LAG',
  title: 'Events late or missing',
  description:
    "Stripe's events arrive late, or not at all although some are usual at this time of the week. Other alarms about missing payments wait meanwhile.",
  facts: ['delivered'],
  settings,
  selfResolving: true,
  perObject: false,
  cooldown: 12 * HOUR,
  stateVersion: 3,
  upgrade: { 1: withGaps, 2: (old) => old }, // Named days are noted from now on.
  idleAfter: 120 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
  delivery: (state, now, calendar) => new DeliveryView(state, now, calendar),
  lateAfter: ({ lateAfter }) => lateAfter,
})

/** Version 1 knew of silences only that they were lost: they count as outages. */
function withGaps(old: unknown): unknown {
  const { silences, ...rest } = old as { silences: Spans }
  const gaps: Gap[] = silences.flatMap(([from, to]) => (to === null ? [] : { from, to, lost: true, late: 1 }))
  return { ...rest, gaps, holidays: newHolidays() }
}

function stateOf(stored?: State): State {
  return {
    since: 0,
    awake: false,
    last: 0,
    counted: 0,
    fresh: 0,
    arrivals: newArrivals(),
    gaps: [],
    holidays: newHolidays(),
    late: [],
    disturbedAt: 0,
    signs: [],
    open: null,
    ...stored,
    season: new Season(SEASON, stored?.season),
    stragglers: new Stragglers(stored?.stragglers),
  }
}

function observe(state: State, fact: Delivered, context: OwnContext): Step | undefined {
  const { settings } = context
  const arrival = Math.max(state.last, fact.at + fact.lag)
  if (state.since === 0) state.since = arrival
  const isLate = fact.lag > settings.lateAfter
  const findings = closeGap(state, fact.at, arrival, context)
  state.last = arrival
  arrive(state.arrivals, arrival, fact.at, isLate)
  if (isLate) findings.push(...late(state, fact, arrival, context))
  else countBurst(state, arrival)
  if (state.awake) return findings.length > 0 ? { findings } : undefined
  state.awake = true
  return { findings, wakeAt: nextHour(arrival) }
}

/** Judges the silence that this arrival ends: one that fits between two hourly looks is reported now. */
function closeGap(state: State, at: Seconds, arrival: Seconds, context: OwnContext): Finding[] {
  const { calendar, settings } = context
  learn(state, arrival, calendar)
  if (state.last === 0) return []
  const seen = silence(state, arrival, calendar)
  endSilence(state, arrival, seen)
  if (!isLost(state, arrival, calendar)) return []
  if (seen.nats >= neededOf(settings)) state.disturbedAt = arrival
  // A straggler from before the silence would date it wrongly.
  if (state.open?.silent === true || at < state.last) return []
  return silent(state, seen, { ...context, now: arrival })
}

/** A day is learned when it is known whether its silent hours were an outage. */
function learn(state: State, now: Seconds, calendar: Calendar): void {
  const { holidays, season, late, gaps } = state
  const lost = (from: Seconds, to: Seconds) => lostHours(state, [from, to], now, calendar)
  if (calendar.localDay(now) > holidays.through + 1)
    learnHolidays(holidays, season, {
      calendar,
      now,
      isLost: (from, to) => touches(late, from, to) || hadOutage(gaps, from, to),
    })
  season.advance(now, withHolidays(lost, calendar), 1, (from, to) =>
    mayBeQuiet(state, [from, to], now, calendar),
  )
}

function countBurst(state: State, arrival: Seconds): void {
  state.fresh = arrival
  if (arrival - state.counted < BURST) return
  state.counted = arrival
  state.season.add(arrival)
}

function late(state: State, fact: Delivered, arrival: Seconds, context: OwnContext): Finding[] {
  const { settings } = context
  noteLate(state.gaps, fact.at)
  noteSign(state.signs, arrival, fact.eventId, fact.eventId)
  const seen = lateness(state.arrivals, arrival)
  state.stragglers.count(arrival, state.late)
  if (seen.late < settings.minLate || seen.late < MIN_SHARE * seen.arrivals) return []
  const { usual, nats } = state.stragglers.judge(seen.late, settings.minLate)
  if (nats < neededOf(settings) || isStraggler(fact.lag, seen.median)) return []
  const { open } = state
  const isFirst = open === null || open.silent
  const startedAt = open === null ? seen.oldest : Math.min(open.startedAt, seen.oldest)
  state.open = { startedAt, lastSign: arrival, silent: false }
  state.disturbedAt = arrival
  openSpan(state.late, startedAt)
  return [lateFindingOf(state, state.open, { ...seen, usual, nats }, isFirst, context)]
}

const neededOf = ({ falseAlarmsPerYear }: OwnContext['settings']): number =>
  threshold(HOURS_A_YEAR, falseAlarmsPerYear)

function lateFindingOf(
  state: State,
  { startedAt }: Open,
  seen: Lateness & { usual: number; nats: number },
  isFirst: boolean,
  { settings, calendar }: OwnContext,
): Finding {
  return lateFinding({
    ...settings,
    calendar,
    lateness: seen,
    needed: neededOf(settings),
    minShare: MIN_SHARE,
    startedAt,
    signs: isFirst ? seen.late : 1,
    ...shownBy(state.signs, seen.oldest, isFirst),
    series: isFirst ? lateCourse(state.arrivals, settings.minLate) : undefined,
  })
}

function onTimer(state: State, context: OwnContext): Step {
  const { now, calendar } = context
  learn(state, now, calendar)
  const step =
    state.open !== null && now - state.open.startedAt >= LASTING ? settle(state, now) : judge(state, context)
  state.awake = state.open !== null || now - state.last < IDLE
  return { ...step, wakeAt: state.awake ? nextHour(now) : null }
}

/** What is said of a silence up to `now`; nothing while it is not odd or long enough. */
function silent(state: State, { nats, usual }: Silence, { now, settings, calendar }: OwnContext): Finding[] {
  const { last, open, since } = state
  const { minSilence } = settings
  const needed = neededOf(settings)
  if (now - since < GROWN || nats < needed || now - last < minSilence) return []
  const startedAt = open === null ? last : Math.min(open.startedAt, last)
  state.open = { startedAt, lastSign: now, silent: true }
  const series = open === null ? seasonSeries(state.season, now - 1) : undefined
  return [silenceFinding({ calendar, startedAt, since: last, series, now, usual, minSilence, nats, needed })]
}

function judge(state: State, context: OwnContext): Step {
  const { now, settings, calendar } = context
  const findings = silent(state, silence(state, now, calendar), context)
  if (findings.length > 0) return { findings }
  const { open } = state
  if (open === null || !isCalm(state, open, now, settings)) return {}
  const at = Math.max(open.startedAt, open.silent ? Math.min(firstAfter(state, open), now) : open.lastSign)
  state.open = null
  closeSpan(state.late, at)
  return { ended: [{ fingerprint: '', at }] }
}

/** Deliveries are fresh again, few of them late, and nothing was wrong for two hours. */
function isCalm(
  { arrivals, fresh, last }: State,
  open: Open,
  now: Seconds,
  { minLate }: OwnContext['settings'],
): boolean {
  if (now - open.lastSign < CALM || fresh < open.lastSign || last - fresh > CALM) return false
  const { late, arrivals: all } = lateness(arrivals, now)
  return late < minLate || late < CALM_SHARE * all
}

/** The arrival that ended a silence. */
const firstAfter = ({ gaps, fresh }: State, { lastSign }: Open): Seconds =>
  gaps.findLast(({ to }) => to >= lastSign)?.to ?? fresh

/** After seven days the new course is the usual one. */
function settle(state: State, now: Seconds): Step {
  const { open, last } = state
  if (open?.silent === true) noteGap(state.gaps, { from: last, to: now, lost: true, late: 0 })
  closeSpan(state.late, now)
  state.open = null
  state.season.adopt(now, () => [])
  return { ended: [{ fingerprint: '', at: now, note: LASTING_NOTE }] }
}

import type { Delivered } from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import type { Finding, Step } from '../../detector.ts'
import { LASTING, LASTING_NOTE } from '../../kit/incident.ts'
import { seasonSeries } from '../../kit/series.ts'
import { noteSign, shownBy } from '../../kit/signs.ts'
import { closeSpan, openSpan } from '../../statistics/spans.ts'
import { type Silence, silence } from './delivery.ts'
import { lateFinding, shutFinding, silenceFinding } from './finding.ts'
import { noteGap, noteLate } from './gaps.ts'
import { isStraggler, lateCourse, lateness } from './lateness.ts'
import { isShut } from './missed.ts'
import { neededOf, type Open, type OwnContext, type State } from './state.ts'

/** The life of the one incident: deliveries that come late, or not at all. */

const MIN_SHARE = 0.2
/** Below this share of late deliveries the trouble is over, however many stragglers a large tenant has. */
const CALM_SHARE = 0.05
/** Silence is judged from so old on. */
const GROWN: Seconds = 2 * DAY
const CALM: Seconds = 2 * HOUR

/** Judges one more delivery that is late. */
export function late(state: State, fact: Delivered, arrival: Seconds, context: OwnContext): Finding[] {
  const { settings } = context
  noteLate(state.gaps, fact.at)
  noteSign(state.signs, arrival, fact.eventId, fact.eventId)
  const seen = lateness(state.arrivals, arrival)
  state.stragglers.count(arrival, state.late)
  if (seen.late < settings.minLate || seen.late < MIN_SHARE * seen.arrivals) return []
  const { usual, nats } = state.stragglers.judge(seen.late, settings.minLate)
  const needed = neededOf(settings)
  if (nats < needed || isStraggler(fact.lag, seen.median)) return []
  const { open } = state
  const isFirst = open === null || open.silent
  const startedAt = open === null ? seen.oldest : Math.min(open.startedAt, seen.oldest)
  state.open = { startedAt, lastSign: arrival, silent: false }
  state.disturbedAt = arrival
  openSpan(state.late, startedAt)
  const first = isFirst && { signs: seen.late, series: lateCourse(state.arrivals, settings.minLate) }
  const shown = shownBy(state.signs, seen.oldest, first)
  const known = { ...settings, ...seen, ...shown, usual, nats, needed, startedAt }
  return [lateFinding({ ...known, calendar: context.calendar, minShare: MIN_SHARE })]
}

/** What is said of a silence up to `now`; nothing while it is not odd or long enough. */
export function silent(
  state: State,
  seen: () => Silence,
  { now, settings, calendar }: OwnContext,
): Finding[] {
  const { last, open, since, proven, unanswered } = state
  const { minSilence } = settings
  const from = Math.max(last, proven)
  if (now - since < GROWN || now - from < minSilence) return []
  const { nats, usual } = seen()
  const needed = neededOf(settings)
  if (nats < needed) return []
  const startedAt = open === null ? from : Math.min(open.startedAt, from)
  state.open = { startedAt, lastSign: now, silent: true }
  const series = open === null ? seasonSeries(state.season, now - 1) : undefined
  const unansweredSince = unanswered > 0 ? unanswered : undefined
  const known = { since: from, now, usual, minSilence, unansweredSince }
  return [silenceFinding({ ...known, calendar, startedAt, series, nats, needed })]
}

/** Judges the time that has passed, every full hour. */
export function judge(state: State, context: OwnContext): Step {
  const { now, settings, calendar } = context
  if (state.open !== null && now - state.open.startedAt >= LASTING) return settle(state, now)
  const findings = silent(state, () => silence(state, now, calendar), context)
  if (findings.length > 0) return { findings }
  const shut = shutOff(state, context)
  if (shut !== undefined) return { findings: [shut] }
  const { open } = state
  if (open === null || !isCalm(state, open, now, settings)) return {}
  const at = Math.max(open.startedAt, lastOf(state, open, now))
  state.open = null
  closeSpan(state.late, at)
  return { ended: [{ fingerprint: '', at }] }
}

const lastOf = (state: State, open: Open, now: Seconds): Seconds =>
  open.missed?.last ?? (open.silent ? Math.min(firstAfter(state, open), now) : open.lastSign)

/** That Stripe delivers nothing to the endpoint is reported whether anything would come or not. */
function shutOff(state: State, context: OwnContext): Finding | undefined {
  const { now, calendar } = context
  const answer = context.stripe(now)
  if (answer === undefined || !isShut(answer)) return undefined
  const { open } = state
  const isNew = open === null
  state.open = { ...(open ?? { startedAt: answer.at, silent: false }), lastSign: now }
  return isNew ? shutFinding(answer.endpoint ?? 'disabled', { startedAt: answer.at, calendar }) : undefined
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

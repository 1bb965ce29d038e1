import type { Calendar } from '../../../calendar/calendar.ts'
import type { Delivered } from '../../../stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import { defineDetector, type Finding, type Step, type StripeAnswer } from '../../detector.ts'
import { ofStream } from '../../kit/heads.ts'
import { learnHolidays, newHolidays, withHolidays } from '../../kit/holidays.ts'
import { nextHour } from '../../statistics/hours.ts'
import { type Spans, touches } from '../../statistics/spans.ts'
import { deliveryOf, endSilence, isLong, isLost, lostHours, mayBeQuiet, silence } from './delivery.ts'
import { type Gap, hadOutage } from './gaps.ts'
import { judge, late, silent } from './incident.ts'
import { arrive } from './lateness.ts'
import { missed } from './missed.ts'
import { neededOf, type OwnContext, type State, settings, stateOf } from './state.ts'

/** Deliveries closer than this are one burst: one act at Stripe sends several events. */
const BURST: Seconds = MINUTE
/** With nothing arriving for this long the hourly look stops until the next delivery. */
const IDLE: Seconds = 14 * DAY

/** Reports when Stripe's events come late or not at all, and lets the other detectors know. */
export const webhookLag = defineDetector({
  name: 'WEBHOOK_LAG',
  title: 'Events late or missing',
  description:
    "Stripe's events arrive late, or not at all although some are usual at this time of the week. Other alarms about missing payments wait meanwhile.",
  facts: ['delivered'],
  settings,
  cooldown: 12 * HOUR,
  stateVersion: 4,
  // Named days, and then what Stripe's API says, are noted from now on.
  upgrade: { 1: withGaps, 2: (old) => old, 3: (old) => old },
  idleAfter: 120 * DAY,
  ...ofStream(stateOf),
  observe,
  onTimer,
  delivery: deliveryOf,
  lateAfter: ({ lateAfter }) => lateAfter,
})

/** Version 1 knew of silences only that they were lost: they count as outages. */
function withGaps(old: unknown): unknown {
  const { silences, ...rest } = old as { silences: Spans }
  const gaps: Gap[] = silences.flatMap(([from, to]) => (to === null ? [] : { from, to, lost: true, late: 1 }))
  return { ...rest, gaps, holidays: newHolidays() }
}

function observe(state: State, fact: Delivered, context: OwnContext): Step | undefined {
  if (fact.found) return find(state, fact, context)
  const { settings } = context
  const arrival = Math.max(state.last, fact.at + fact.lag)
  heed(state, context.stripe(arrival))
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

/** No webhook brought it: it says that there is business, and that its delivery was lost. */
function find(state: State, fact: Delivered, context: OwnContext): Step | undefined {
  const found = fact.at + fact.lag
  heed(state, context.stripe(found))
  if (state.since === 0) state.since = fact.at
  // While deliveries come as well they have counted the burst.
  if (fact.at > state.last && fact.at - state.found >= BURST) state.season.add(fact.at)
  state.found = Math.max(state.found, fact.at)
  const findings = missed(state, fact, context)
  if (state.awake) return findings.length > 0 ? { findings } : undefined
  state.awake = true
  return { findings, wakeAt: nextHour(found) }
}

/** What Stripe's API has said: up to then nothing is missing. */
function heed(state: State, answer: StripeAnswer | undefined): void {
  if (answer === undefined) return
  state.proven = Math.max(state.proven, answer.through)
  state.unanswered = answer.answered ? 0 : state.unanswered || answer.at
}

/** Judges the silence that this arrival ends: one that fits between two hourly looks is reported now. */
function closeGap(state: State, at: Seconds, arrival: Seconds, context: OwnContext): Finding[] {
  const { calendar, settings } = context
  learn(state, arrival, calendar)
  if (state.last === 0 || !isLong(state, arrival)) return []
  const seen = silence(state, arrival, calendar)
  endSilence(state, arrival, seen)
  if (!isLost(state, arrival, calendar)) return []
  if (seen.nats >= neededOf(settings)) state.disturbedAt = arrival
  // A straggler from before the silence would date it wrongly.
  if (state.open?.silent === true || at < state.last) return []
  return silent(state, () => seen, { ...context, now: arrival })
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

function onTimer(state: State, context: OwnContext): Step {
  const { now, calendar } = context
  heed(state, context.stripe(now))
  learn(state, now, calendar)
  const step = judge(state, context)
  state.awake = state.open !== null || now - Math.max(state.last, state.found) < IDLE
  return { ...step, wakeAt: state.awake ? nextHour(now) : null }
}

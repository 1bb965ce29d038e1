import type { Calendar } from '../../../calendar/calendar.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import type { Delivery } from '../../detector.ts'
import { type Holidays, shareOn } from '../../kit/holidays.ts'
import { shortfall } from '../../statistics/deviance.ts'
import { hourOf } from '../../statistics/hours.ts'
import type { Season, Weigh } from '../../statistics/season.ts'
import { hoursTouched, type Span, type Spans } from '../../statistics/spans.ts'
import { closedHolidays, type Quiet } from './closures.ts'
import { closedShares, eachLostHour, type Gap, isUndecided, noteGap, RESENT } from './gaps.ts'
import { type Arrivals, lateness } from './lateness.ts'

/** Only this much of what is usual is counted on: deliveries come in bunches. */
const MARGIN = 0.6
/** From this many nats on a silence that goes on is odd: ordinary ones are so several times a day, but soon end. */
const ODD = 2.5
/** From this many on it is no ordinary one, and its hours are lost. */
const LOST = 6
/** Shorter gaps are none: when trade breaks down, the few events that still come show that delivery works. */
const LONG: Seconds = HOUR
/** By this many hours before a silence it is distinguished from a trickle: little comes, but what comes is fresh. */
const TRICKLE_HOURS = 6
/** After an outage Stripe delivers again: with this many late ones among them the few arrivals are no trickle. */
const LATE_SHARE = 0.2
/** After clocks were changed the course of the week is known by the former ones for this long. */
const CHANGED: Seconds = 28 * DAY

/**
 * What is known of few days is believed only as far as they go: a silence as long as all that is known adds this much
 * relative variance to what is usual.
 */
const YOUNG = 0.5

export interface Watched {
  holidays: Holidays
  /** First and newest arrival; 0 before the first. */
  since: Seconds
  last: Seconds
  season: Season
  arrivals: Arrivals
  /** Stretches in which nothing arrived, and those lost to lateness. */
  gaps: Gap[]
  late: Spans
  disturbedAt: Seconds
  /** Up to then every event that there is at Stripe is known; 0: Stripe's API does not say. */
  proven: Seconds
  /** When the newest event was made that was found there. */
  found: Seconds
}

/** A silence can only hide something from here on. */
const knownTo = ({ last, proven }: Watched): Seconds => Math.max(last, proven)

/** The newest sign that there is business. */
const heard = ({ last, found }: Watched): Seconds => Math.max(last, found)

export interface Silence {
  nats: number
  usual: number
  /** The evidence without what is known of closing days and nights. */
  plain: number
}

/**
 * How odd it is, in nats, that nothing arrived from the last arrival until `until`, or since Stripe's API has said that nothing
 * is missing. Where only a trickle came before,
 * no more is expected to go on: trade has broken down, not delivery. Hours that were quiet at the same time of the
 * last two weeks are not expected to be other now.
 */
export function silence(watched: Watched, until: Seconds, calendar: Calendar): Silence {
  const { last, since, season } = watched
  const [from, life] = [knownTo(watched), heard(watched)]
  if (last === 0 || until <= from) return { nats: 0, usual: 0, plain: 0 }
  const c2 = season.dispersion + (YOUNG * (until - from)) / Math.max(1, from - since)
  const share = MARGIN * trickle(watched, until, calendar)
  const all = season.expected(life, until)
  const usual = season.expected(from, until, openShare(watched, [from, until], until, calendar))
  return { nats: shortfall(0, share * usual, c2), usual, plain: shortfall(0, share * all, c2) }
}

/** Share of the usual that came in the hours before the last arrival; 1 unless it was oddly little. */
function trickle(watched: Watched, now: Seconds, calendar: Calendar): number {
  const { season, arrivals } = watched
  const to = knownTo(watched)
  const from = hourOf(to) - TRICKLE_HOURS
  const usual = season.expected(from * HOUR, to, openShare(watched, [from * HOUR, to], now, calendar))
  const seen = season.hours.between(from, hourOf(to) + 1)
  if (shortfall(seen, MARGIN * usual, season.dispersion) < ODD) return 1
  const { late, arrivals: all } = lateness(arrivals, to)
  return late >= LATE_SHARE * all ? 1 : (1 + seen) / (1 + usual)
}

/** How much of what is usual in the hours of [from, to) is to be expected, as the tenant may be closed. */
function openShare(watched: Watched, span: Span, now: Seconds, calendar: Calendar): Weigh {
  const { gaps, since, holidays, season } = watched
  const closed = closedShares(gaps, span, now, since)
  const weekly: Weigh = (hour) =>
    Math.min(1 - (closed.get(hour * HOUR) ?? 0), byFormerClocks(season, hour, calendar), season.least(hour))
  let closedOn: ReadonlySet<number> | undefined
  const shareOf = (day: number): number => {
    const share = shareOn(holidays, calendar, day)
    if (share === 0 || share === 1) return share
    closedOn ??= closedHolidays({ holidays, season, calendar }, quietsOf(watched, span[0], now), weekly)
    return closedOn.has(day) ? 0 : share
  }
  let [day, share] = [Number.NaN, 1]
  return (hour) => {
    const its = calendar.localDay(hour * HOUR)
    if (its !== day) [day, share] = [its, shareOf(its)]
    return Math.min(share, weekly(hour))
  }
}

/** Silences since then that were no outages as far as is known, and the one that goes on. */
const quietsOf = (watched: Watched, since: Seconds, now: Seconds): Quiet[] => [
  ...watched.gaps.filter(({ to, late }) => to > since && late === 0),
  ...(now - heard(watched) >= LONG ? [{ from: heard(watched), to: now }] : []),
]

/** Closing times go by local clocks: part of the usual that is also usual at this time by those of four weeks ago. */
function byFormerClocks(season: Season, hour: number, calendar: Calendar): number {
  const at = hour * HOUR
  const shift = Math.round((calendar.offset(at) - calendar.offset(at - CHANGED)) / HOUR)
  return shift === 0 ? 1 : Math.min(1, season.usual(hour + shift) / season.usual(hour))
}

/** Whether a silence until then is long enough for a gap, or for lost hours. */
export const isLong = (watched: Watched, until: Seconds): boolean =>
  until - Math.min(knownTo(watched), heard(watched)) >= LONG

/** Takes the silence that an arrival ends for a gap, where it is one: it may be the first of a habit. */
export function endSilence(watched: Watched, arrival: Seconds, { nats, plain }: Silence): void {
  const lost = nats >= LOST
  const from = lost ? knownTo(watched) : heard(watched)
  if (arrival - from >= LONG && plain >= ODD) noteGap(watched.gaps, { from, to: arrival, lost, late: 0 })
}

/** Whether the hours since anything is known, until `until`, are lost. */
export const isLost = (watched: Watched, until: Seconds, calendar: Calendar): boolean =>
  until - knownTo(watched) >= LONG && silence(watched, until, calendar).nats >= LOST

/** Hours lost to a silence that goes on, to earlier ones, and to lateness. */
export function lostHours(
  watched: Watched,
  [from, to]: Span,
  now: Seconds,
  calendar: Calendar,
): readonly Seconds[] {
  const { gaps, late } = watched
  const goingOn = isLost(watched, now, calendar)
  if (!goingOn && gaps.length === 0 && late.length === 0) return []
  const spans: Spans = goingOn ? [...late, [knownTo(watched), null]] : late
  const hours = new Set(hoursTouched(spans, from, to))
  eachLostHour(gaps, [from, to], now, (hour) => hours.add(hour))
  return [...hours].sort((a, b) => a - b)
}

/** Whether it may still turn out that lost hours in [from, to) were only quiet. */
export const mayBeQuiet = (watched: Watched, [from, to]: Span, now: Seconds, calendar: Calendar): boolean =>
  isUndecided(watched.gaps, from, to, now) ||
  (knownTo(watched) < to && now < to + RESENT && isLost(watched, now, calendar))

/** What the other detectors may know, worked out only when asked. */
export const deliveryOf = (watched: Watched, now: Seconds, calendar: Calendar): Delivery => ({
  get quiet() {
    return now - knownTo(watched) >= LONG && silence(watched, now, calendar).nats >= ODD
  },
  get disturbedAt() {
    if (this.quiet) return now
    return watched.disturbedAt === 0 ? undefined : watched.disturbedAt
  },
  dark: (from, to) => lostHours(watched, [Math.floor(from / HOUR) * HOUR, to], now, calendar),
  undecided: (from, to) => mayBeQuiet(watched, [from, to], now, calendar),
  open: (from, to) => openShare(watched, [from, to], now, calendar),
})

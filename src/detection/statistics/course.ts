import { DAY, HOUR, type Seconds } from '../../time.ts'
import { count, newRate, type Rate, sumOf } from './decayed.ts'
import { excess } from './deviance.ts'

/** What counts as now, where a burst is set against the course. */
const LATELY: Seconds = 6 * HOUR

/** How often something was the case. Plain data. */
export interface Times {
  times: Rate
  /** Different UTC days on which it was. */
  days: Rate
  newestDay: number
  lately: Rate
}

/** Occasions on which something could be the case, and how often it was, by what it was. Plain data. */
export interface Course {
  /** A course that has ended is forgotten within some of these. */
  halfLife: Seconds
  occasions: Rate
  lately: Rate
  was: Record<string, Times>
}

/** What makes an exception the usual course of a tenant. */
export interface Enough {
  /** Times that it has been so, faded. */
  times: number
  /** Days on which it has been so, faded. */
  days: number
  /** Share of the occasions. */
  share: number
}

/** What has been the case ten times is the course, however small a share of the occasions it is. */
export const TEN_TIMES: Enough = { times: 9, days: 2.5, share: 0.002 }

/** A burst beyond the course is no part of it: at least this many lately, at odds of one to three thousand. */
const BURST = { least: 5, nats: 8 }
/** One day differs from another: relative variance of what is expected lately. */
const VARIANCE = 0.05

export const newCourse = (halfLife: Seconds): Course => ({
  halfLife,
  occasions: newRate(),
  lately: newRate(),
  was: {},
})

/** One more occasion. */
export function noteOccasion(course: Course, at: Seconds): void {
  count(course.occasions, at, course.halfLife)
  count(course.lately, at, LATELY)
}

/** On one of the occasions it was the case. */
export function noteTime(course: Course, what: string, at: Seconds): void {
  const day = Math.floor(at / DAY)
  const known = course.was[what] ?? { times: newRate(), days: newRate(), newestDay: 0, lately: newRate() }
  course.was[what] = known
  count(known.times, at, course.halfLife)
  count(known.lately, at, LATELY)
  if (day <= known.newestDay) return
  count(known.days, at, course.halfLife)
  known.newestDay = day
}

/**
 * Counts one more exception.
 * @returns whether it was the usual course before: ten times, and no more often than ever
 */
export function noteException(course: Course, what: string, at: Seconds, confirmed: number): boolean {
  const usual = isUsual(course, what, at, [TEN_TIMES], confirmed)
  noteTime(course, what, at)
  return usual
}

/**
 * Whether one more of it is the usual course: it has been so often enough, and is so no more often than ever.
 * @param confirmed how many of its times a person has called no fault: each weighs as much as two more, on two more days
 */
export function isUsual(
  course: Course,
  what: string,
  at: Seconds,
  enough: readonly Enough[],
  confirmed: number,
): boolean {
  const known = course.was[what]
  if (known === undefined) return false
  const times = timesOf(course, what, at)
  const days = sumOf(known.days, at, course.halfLife)
  const share = shareOf(course, what, at)
  if (
    !enough.some(
      (one) => times + 2 * confirmed >= one.times && days + 2 * confirmed >= one.days && share >= one.share,
    )
  )
    return false
  const lately = sumOf(known.lately, at, LATELY)
  const occasions = sumOf(course.lately, at, LATELY)
  // What a burst adds is no part of what it is set against.
  const before = Math.max(0, times - lately) / Math.max(1, occasionsOf(course, at) - occasions)
  return lately + 1 < BURST.least || excess(lately + 1, before * occasions, VARIANCE) < BURST.nats
}

/** On which share of the occasions it was the case. */
export const shareOf = (course: Course, what: string, at: Seconds): number =>
  timesOf(course, what, at) / Math.max(1, occasionsOf(course, at))

/** How many occasions are remembered, faded. */
export const occasionsOf = ({ occasions, halfLife }: Course, at: Seconds): number =>
  sumOf(occasions, at, halfLife)

/** How often it was the case, faded. */
export const timesOf = ({ was, halfLife }: Course, what: string, at: Seconds): number => {
  const known = was[what]
  return known === undefined ? 0 : sumOf(known.times, at, halfLife)
}

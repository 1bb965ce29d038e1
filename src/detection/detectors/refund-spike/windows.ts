import { HOUR, type Seconds } from '../../../time.ts'
import type { Signs } from '../../kit/signs.ts'
import { excess } from '../../statistics/deviance.ts'
import { hourOf } from '../../statistics/hours.ts'
import { type Batches, batchSize } from './batches.ts'
import { type Course, DAY_HOURS, GROWN, measure, paceIn } from './course.ts'

/** A burst on a day when usually nobody refunds stands out of few hours; a rise that goes on for days, of many. */
const SHORT = 6
const LONG = 72

/** What windows are looked at in. */
interface Refunds extends Course {
  newest: Seconds
  signs: Signs
  calmSince: Seconds
  batches: Batches
}

/** Whole hours, without the last, with their refunds and what is usual for them. */
export interface Window {
  from: number
  to: number
  refunds: number
  usual: number
  nats: number
}

/** The window of this many hours up to an hour, but not back into the last incident. */
function lookAt(course: Refunds, hours: number, to: number): Window {
  const { season, calmSince, newest } = course
  const from = Math.max(to - hours, calmSince > 0 ? hourOf(calmSince) + 1 : 0)
  const refunds = season.hours.between(from, to)
  return {
    from,
    to,
    refunds,
    ...measure(course, refunds, { from, to, now: newest }, hours < DAY_HOURS ? batchSize(course.batches) : 1),
  }
}

export const widthsOf = ({ since, newest }: Refunds): readonly number[] =>
  newest - since < GROWN ? [DAY_HOURS] : [SHORT, DAY_HOURS, LONG]

interface Bars {
  minRefunds: number
  minTimes: number
  nats: number
}

/**
 * The oddest of all windows that a refund completes: those that end with its own hour, and when it comes late those that
 * end in the hours since, so that the order in which refunds come does not matter.
 */
export function oddestWindow(course: Refunds, at: Seconds, bars: Bars): Window | undefined {
  const { newest, season } = course
  const last = Math.min(hourOf(newest), hourOf(at) + LONG - 1)
  let best: Window | undefined
  for (let hour = hourOf(at); hour <= last; hour += 1) {
    if (season.hours.at(hour) === 0) continue
    for (const width of widthsOf(course)) {
      if (hour - width >= hourOf(at)) continue
      const window = lookAt(course, width, hour + 1)
      if (passes(window, bars) && window.nats > (best?.nats ?? 0)) best = window
    }
  }
  return best
}

const passes = ({ refunds, usual, nats }: Window, bars: Bars): boolean =>
  refunds >= bars.minRefunds && refunds >= bars.minTimes * usual && nats >= bars.nats

/** The hour from which on the refunds of the window are least likely to be chance, and in it the first of them. */
export function onsetIn(course: Refunds, { from, to }: { from: number; to: number }): Seconds {
  const { season, signs, newest } = course
  let best = { hour: to - 1, nats: 0 }
  let refunds = 0
  for (let hour = to - 1; hour >= from; hour -= 1) {
    if (season.hours.at(hour) === 0) continue
    refunds += season.hours.at(hour)
    const nats = excess(refunds, paceIn(course, { from: hour, to, now: newest }), 0)
    if (nats >= best.nats) best = { hour, nats }
  }
  const inHour = signs.map(([at]) => at).filter((at) => hourOf(at) === best.hour)
  return inHour.length === 0 ? best.hour * HOUR : Math.min(...inHour)
}

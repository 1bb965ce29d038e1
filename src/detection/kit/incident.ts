import { DAY, type Seconds } from '../../time.ts'
import type { Context, Finding, Step } from '../detector.ts'
import type { Habit } from '../statistics/habits.ts'

/** An incident that goes on for this long is the new course (README.md, "The life of an incident"). */
export const LASTING: Seconds = 7 * DAY
/** Days whose level is then taken as usual. */
export const ADOPTED: Seconds = 3 * DAY

export const LASTING_NOTE =
  'It has gone on for 7 days, so the level of the last 3 days is now taken as usual and this incident is closed.'

/** Of an open incident: what explains it as long as it is no more than that, and whether it is said that it is more. */
export interface Explained {
  habit: Habit | null
  isReported: boolean
}

/** What is to be said of an open incident that has a new sign: nothing while a habit explains it. */
export function reportOf(
  open: Explained,
  isHabitual: (habit: Habit) => boolean,
  findingOf: (isFirst: boolean) => Finding,
): Finding[] {
  const isFirst = !open.isReported
  if (isFirst && open.habit !== null && isHabitual(open.habit)) return []
  open.isReported = true
  return [findingOf(isFirst)]
}

/** The one incident of a detector of rates has ended, and nothing is left to wake up for. */
export const ending = (at: Seconds, note?: string, fingerprint = ''): Step => ({
  ended: [{ fingerprint, at, note }],
  wakeAt: null,
})

/**
 * The moment that a fact is judged as of: the newest so far, and a held one's own time, for it is judged in the place
 * where it belongs.
 */
export const momentOf = (at: Seconds, newest: Seconds, { held }: Pick<Context, 'held'>): Seconds =>
  held ? at : Math.max(newest, at)

/** Only a fact this fresh raises an alarm: one that comes hours late is counted, but says nothing about now. */
export const FRESH: Seconds = 3_600

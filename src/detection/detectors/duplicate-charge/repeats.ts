import { DAY, type Seconds } from '../../../time.ts'
import {
  type Course,
  type Enough,
  isUsual,
  newCourse,
  noteOccasion,
  noteTime,
  occasionsOf,
  shareOf,
  TEN_TIMES,
  timesOf,
} from '../../statistics/course.ts'
import { type Charge, madeAt } from './charges.ts'

/**
 * How often the tenant's payers repeat a payment: a second coffee, another top-up. By whether the card was there, and
 * by price, since one thing of many may be what people buy twice.
 */
export interface Repeats {
  courses: Record<string, Course>
}

export const newRepeats = (): Repeats => ({ courses: {} })

/** Prices that are remembered, the last ones. */
const PRICES = 24

/** Closer together it is rather a machine that pays than a person. */
const QUICK: Seconds = 15

/** A group that grows beyond the sizes that are usual is reported: two coffees excuse no loop. */
const SIZES = [10, 6, 4, 3, 2]

/** Where people pay by hand, a repeat after some time is soon a habit; elsewhere one bad day must not be one. */
const AT_A_TILL: Enough = { times: 2.5, days: 0, share: 0.02 }
const ON_SEVERAL_DAYS: Enough = { times: 2.5, days: 2.5, share: 0.02 }
/** What is repeated from a tenant's first days on is the trade, where a fault would have begun one day. */
const FIRST_DAYS: Seconds = 3 * DAY
const FROM_THE_START: Enough = { times: 2.5, days: 0, share: 0.02 }

/** Who repeats a payment may do so again: groups that are at least this share of the payments by that are usual, too. */
const LARGER_GROUPS = 0.001

/** A price at which this many repeats were to be expected, and hardly one has been, has a course of its own. */
const EXPECTED = 5
const HARDLY = 0.25

/** Counts a charge as an occasion for a repeat. */
export function noteCharge({ courses }: Repeats, charge: Charge): void {
  for (const name of [pooled(charge), priced(charge)]) {
    courses[name] ??= newCourse(30 * DAY)
    noteOccasion(courses[name], charge.at)
  }
  dropOldest(courses)
}

/**
 * Counts that the group has reached its size with this charge.
 * @param confirmed how many repeats at this price a person has called no fault
 * @returns whether that was the tenant's usual course before
 */
export function noteRepeat(
  { courses }: Repeats,
  group: readonly Charge[],
  charge: Charge,
  confirmed: number,
): boolean {
  const pace = paceOf(group, charge)
  const size = SIZES.find((least) => least <= group.length) ?? group.length
  const all = courses[pooled(charge)]
  const own = courses[priced(charge)]
  const usual =
    (own !== undefined && isUsualIn(own, pace, group, charge, confirmed)) ||
    (all !== undefined &&
      isUsualIn(all, pace, group, charge, 0) &&
      !isApart(own, all, `${pace}${size}`, charge.at))
  if (size === group.length)
    for (const course of [all, own]) if (course !== undefined) noteTime(course, `${pace}${size}`, charge.at)
  return usual
}

function isUsualIn(
  course: Course,
  pace: Pace,
  group: readonly Charge[],
  { at, present }: Charge,
  confirmed: number,
): boolean {
  const enough = [TEN_TIMES]
  if (pace === 'slow') {
    enough.push(present ? AT_A_TILL : ON_SEVERAL_DAYS)
    if (at <= course.occasions.since + FIRST_DAYS) enough.push(FROM_THE_START)
  }
  const size = SIZES.find((least) => least <= group.length)
  if (isUsual(course, `${pace}${size}`, at, enough, confirmed)) return true
  return (
    pace === 'slow' &&
    shareOf(course, `${pace}2`, at) ** (group.length - 1) >= LARGER_GROUPS &&
    isUsual(course, `${pace}2`, at, enough, confirmed)
  )
}

const pooled = ({ present }: Charge): string => (present ? 'present' : 'remote')

const priced = (charge: Charge): string => `${pooled(charge)}|${charge.currency}|${charge.amount}`

function isApart(own: Course | undefined, all: Course, what: string, at: Seconds): boolean {
  if (own === undefined) return false
  const expected = shareOf(all, what, at) * occasionsOf(own, at)
  return expected >= EXPECTED && timesOf(own, what, at) < HARDLY * expected
}

type Pace = 'order' | 'twins' | 'quick' | 'slow'

/** Repeats of unlike kinds excuse one another as little as those of unlike sizes. */
function paceOf(group: readonly Charge[], charge: Charge): Pace {
  const others = group.filter((other) => other !== charge)
  if (others.every(({ order }) => order !== undefined && order === charge.order)) return 'order'
  if (others.every(({ recurring }) => recurring && charge.recurring)) return 'twins'
  const gap = Math.min(...others.map((other) => Math.abs(madeAt(other) - madeAt(charge))))
  return gap < QUICK ? 'quick' : 'slow'
}

function dropOldest(courses: Record<string, Course>): void {
  const prices = Object.entries(courses).filter(([name]) => name.includes('|'))
  if (prices.length <= PRICES) return
  const [oldest] = prices.reduce((a, b) => (b[1].occasions.at < a[1].occasions.at ? b : a))
  delete courses[oldest]
}

import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import { perHour, type Rate } from '../../statistics/decayed.ts'
import { excess } from '../../statistics/deviance.ts'
import type { Season } from '../../statistics/season.ts'
import type { RecentPayments } from './recent-payments.ts'

/**
 * Until the first age the usual is a share of the payments that is believed of all tenants, until the second no less
 * than that share with what was learned since, and windows are a day long.
 */
const SEASONED: Seconds = 7 * DAY
export const GROWN: Seconds = 14 * DAY
/** Of this many payments it is believed to be known. */
export const PRIOR = { share: 0.025, payments: 400, margin: 1.5, halfLife: 14 * DAY }
/** A large tenant's clerk may begin with a whole day's refunds minutes after its first payment was seen. */
const SHORTEST: Seconds = 10 * MINUTE
/** Hours that one dispersion of days is for: over more of them days even out. */
export const DAY_HOURS = 24
/** The usual is known from the refunds of about this many days. */
const REMEMBERED_DAYS = 10
const FEWEST = 0.3
/** This much more than usual is not odd yet. */
const MARGIN = 1.25

/** What is known of a tenant's refunds. */
export interface Course {
  since: Seconds
  season: Season
  /** Payments. */
  pace: Rate
  payments: RecentPayments
}

interface Stretch {
  /** Hours: from the first, up to and without the second. */
  from: number
  to: number
  now: Seconds
}

/**
 * How many refunds are usual there, and how odd it is that this many came.
 * @param batch how many come in one go: what counts as one sign
 */
export function measure(
  course: Course,
  refunds: number,
  stretch: Stretch,
  batch = 1,
): { usual: number; nats: number } {
  const { perDay, learned, dispersion } = course.season
  const more = course.payments.timesUsual(stretch.now)
  const seasonal = more * seasonalIn(course, stretch)
  const least = more * leastIn(course, stretch)
  const spread = dispersion * (DAY_HOURS / Math.max(DAY_HOURS, stretch.to - stretch.from))
  // What is known from a handful of refunds may be half of the truth, in windows of any length. The least that is
  // taken for usual anywhere is no such knowledge: it is beyond doubt, and has to be exceeded all the same.
  const doubt = 1 / (1 + perDay * Math.min(learned, REMEMBERED_DAYS))
  const nats = excess(refunds / batch, (MARGIN * least) / batch, spread)
  return {
    usual: Math.max(seasonal, least),
    nats:
      seasonal === 0
        ? nats
        : Math.min(nats, excess(refunds / batch, (MARGIN * seasonal) / batch, spread + doubt)),
  }
}

const seasonalIn = ({ season, since }: Course, { from, to, now }: Stretch): number =>
  now - since < SEASONED ? 0 : season.expected(from * HOUR, to * HOUR, season.most)

function leastIn(course: Course, stretch: Stretch): number {
  return Math.max(FEWEST, believedIn(course, stretch))
}

/** What is believed of a tenant whose own course is not known yet. */
function believedIn({ since, pace, season }: Course, { from, to, now }: Stretch): number {
  const age = now - since
  if (age >= GROWN) return 0
  // A clerk may begin before the first payment is seen: of how many they are is not known then.
  if (pace.since === 0) return Number.POSITIVE_INFINITY
  const payments = perHour(pace, now, PRIOR.halfLife, SHORTEST)
  const share = age < SEASONED ? PRIOR.margin * PRIOR.share : shareSeen(season, payments * 24)
  return share * payments * (to - from)
}

const shareSeen = ({ perDay, learned }: Season, paymentsPerDay: number): number =>
  (PRIOR.share * PRIOR.payments + perDay * learned) / (PRIOR.payments + paymentsPerDay * learned)

export const usualIn = (course: Course, stretch: Stretch): number =>
  course.payments.timesUsual(stretch.now) * Math.max(seasonalIn(course, stretch), leastIn(course, stretch))

/** The same for finding a beginning: where the least that any window is measured by would hide when refunds began. */
export const paceIn = (course: Course, stretch: Stretch): number =>
  course.payments.timesUsual(stretch.now) *
  Math.max(
    seasonalIn(course, stretch),
    believedIn(course, stretch),
    (FEWEST * (stretch.to - stretch.from)) / DAY_HOURS,
  )

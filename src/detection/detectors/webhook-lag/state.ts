import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { Context } from '../../detector.ts'
import { newHolidays } from '../../kit/holidays.ts'
import { countOf, falseAlarmsPerYear, secondsOf } from '../../kit/settings.ts'
import type { Signs } from '../../kit/signs.ts'
import { PRIORS, Season, type SeasonSpec } from '../../statistics/season.ts'
import { HOURS_A_YEAR, threshold } from '../../statistics/threshold.ts'
import type { Watched } from './delivery.ts'
import { type Arrivals, newArrivals } from './lateness.ts'
import { Stragglers } from './stragglers.ts'

const SEASON: SeasonSpec = {
  delay: 24,
  priors: PRIORS,
  // Days are learned one day late, so the 14th day of a tenant is the 13th learned.
  dispersion: { prior: 0.25, young: 0.15, youngDays: 13, floor: 0.003 },
}

export interface Open {
  startedAt: Seconds
  /** Arrival of the last late delivery, or the last hour that was silent. */
  lastSign: Seconds
  silent: boolean
  /** Events that never came by webhook: the first, the newest, and how many. */
  missed?: { first: Seconds; last: Seconds; count: number }
}

/** Events that never came by webhook. Plain data. */
interface Missed {
  /** Of the last three hours before the newest, at most 200. */
  recent: [at: Seconds, event: string][]
  /** Made since the last delivery, with none between them. */
  row: { first: Seconds; count: number }
}

export interface State extends Watched {
  awake: boolean
  /** The last burst that was counted, and the last fresh arrival. */
  counted: Seconds
  fresh: Seconds
  arrivals: Arrivals
  /** Late deliveries of ordinary times, by hour of arrival. */
  stragglers: Stragglers
  signs: Signs
  missed: Missed
  /** Since when Stripe's API does not answer, as far as it is asked; 0: it does, or is not asked. */
  unanswered: Seconds
  open: Open | null
}

export const settings = {
  lateAfter: secondsOf('An event that arrives more than this long after it happened is late, in seconds.', {
    default: 300,
    min: 30,
    max: DAY,
  }),
  minLate: countOf('At least this many events must be late within 3 hours.', {
    default: 6,
    min: 3,
    max: 1_000,
  }),
  minSilence: secondsOf('Nothing must have arrived for at least this long, in seconds (3,600 is an hour).', {
    default: HOUR,
    min: 15 * MINUTE,
    max: 7 * DAY,
  }),
  falseAlarmsPerYear,
}
export type OwnContext = Context<typeof settings>

/** The evidence that is asked for. */
export const neededOf = ({ falseAlarmsPerYear }: OwnContext['settings']): number =>
  threshold(HOURS_A_YEAR, falseAlarmsPerYear)

/** A new state, or a stored one. */
export function stateOf(stored?: State): State {
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
    proven: 0,
    found: 0,
    missed: { recent: [], row: { first: 0, count: 0 } },
    unanswered: 0,
    signs: [],
    open: null,
    ...stored,
    season: new Season(SEASON, stored?.season),
    stragglers: new Stragglers(stored?.stragglers),
  }
}

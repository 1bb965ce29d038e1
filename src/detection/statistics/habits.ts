import { addPeriods } from '../../calendar/periods.ts'
import { DAY, HOUR, type Seconds, WEEK } from '../../time.ts'
import type { Feedback } from '../detector.ts'
import { excess } from './deviance.ts'

/** A burst of signs that ended by itself: when, how many signs, out of how much (payments, or what was usual). Plain data. */
export interface Occasion {
  from: Seconds
  to: Seconds
  signs: number
  exposure: number
}

/** What the tenant does at this time of the day, week or month, as its last occasions show it. */
export interface Habit {
  /** How many occasions. */
  occasions: number
  /** Of an average occasion. */
  signs: number
  exposure: number
  /** Relative variance of their signs, with what so few of them leave open. */
  variance: number
}

/** A habit explains up to half as many signs more, and what is no sure excess over those. */
export const explains = ({ signs, variance }: Habit, seen: number, nats: number): boolean =>
  excess(seen, 1.5 * signs, variance) < nats

/** A rhythm, where the times of an occasion lie when it comes back, and how many of them make a habit. */
interface Rhythm {
  /** Distance of a moment to the nearest time at which this occasion would come back; undefined beyond the reach. */
  distance(occasion: Seconds, at: Seconds): Seconds | undefined
  tolerance: Seconds
  /** Twice may be chance, so the third time is usual; of days there are many, so there the fourth. */
  needed: number
}

/** People are punctual to some hours, and a change to summer time moves all of them by one. */
const TOLERANCE: Seconds = 3 * HOUR
/** Runs on a day of the month move with weekends and with the length of months. */
const MONTHLY_TOLERANCE: Seconds = 3 * DAY

const everyPeriod =
  (period: Seconds, reach: number) =>
  (occasion: Seconds, at: Seconds): Seconds | undefined => {
    const periods = Math.round((at - occasion) / period)
    return periods < 1 || periods > reach ? undefined : Math.abs(at - occasion - periods * period)
  }

function everyMonth(occasion: Seconds, at: Seconds): Seconds | undefined {
  const months = Math.round((at - occasion) / (365 * (DAY / 12)))
  if (months < 1 || months > 4) return undefined
  const apart = Math.abs(at - addPeriods(occasion, { interval: 'month', count: 1 }, months))
  // Whatever the day, the run is made at its time of the day.
  return Math.abs(apart - Math.round(apart / DAY) * DAY) <= TOLERANCE ? apart : undefined
}

/** What has not come back within the reach of its rhythm is no habit any more. */
const RHYTHMS: readonly Rhythm[] = [
  { distance: everyPeriod(WEEK, 5), tolerance: TOLERANCE, needed: 2 },
  { distance: everyMonth, tolerance: MONTHLY_TOLERANCE, needed: 2 },
  { distance: everyPeriod(DAY, 5), tolerance: TOLERANCE, needed: 3 },
]

/** Enough for several bursts a week over the reach of the weekly rhythm. */
const KEPT = 48
/** How much one occasion of a habit differs from another until it is seen: relative variance, and its weight in occasions. */
const PRIOR = { variance: 0.06, weight: 2 }
/** An occasion that went beyond the habit makes it grow no more than this many times. */
const MOST_GROWTH = 2

/**
 * Bursts that come back at the same time are the course, not incidents. Detectors never learn the hours of a burst as
 * usual, or an outage would be; they keep it here, and one that comes back is set against its former occasions
 * (README.md, "Habits and courses").
 */
export class Habits {
  readonly #occasions: Occasion[]

  constructor(stored?: unknown) {
    this.#occasions = (stored as Occasion[] | undefined) ?? []
  }

  /**
   * The habit that a burst which began at `at` may belong to.
   * @param feedback an occasion that a person called no incident counts for two
   */
  at(at: Seconds, feedback: readonly Feedback[]): Habit | undefined {
    const isConfirmed = ({ from, to }: Occasion): boolean =>
      feedback.some(({ startedAt, lastSeenAt }) => startedAt <= to && lastSeenAt >= from)
    for (const { distance, tolerance, needed } of RHYTHMS) {
      const alike = this.#occasions.filter(({ from }) => {
        const apart = distance(from, at)
        return apart !== undefined && apart <= tolerance
      })
      const weight = alike.length + alike.filter(isConfirmed).length
      if (weight >= needed) return habitOf(alike)
    }
    return undefined
  }

  /** Remembers a burst that is over. */
  note(occasion: Occasion, habit: Habit | null = null): void {
    const most = habit === null ? occasion.signs : MOST_GROWTH * habit.signs
    this.#occasions.push({ ...occasion, signs: Math.min(occasion.signs, most) })
    if (this.#occasions.length > KEPT) this.#occasions.shift()
  }

  /**
   * Remembers a burst too small to be told, or a part of one: a habit begins before it is large enough. What lies within
   * hours of another is the same occasion, or one morning would be a habit.
   */
  noteQuiet(part: Occasion): void {
    const whole = this.#occasions.find(
      ({ from, to }) => part.from <= to + TOLERANCE && part.to >= from - TOLERANCE,
    )
    if (whole === undefined) {
      this.note(part)
      return
    }
    whole.from = Math.min(whole.from, part.from)
    whole.to = Math.max(whole.to, part.to)
    whole.signs += part.signs
  }

  toJSON(): Occasion[] {
    return this.#occasions
  }
}

function habitOf(alike: readonly Occasion[]): Habit {
  const { length } = alike
  const signs = alike.reduce((sum, occasion) => sum + occasion.signs, 0) / length
  const exposure = alike.reduce((sum, occasion) => sum + occasion.exposure, 0) / length
  const strayed = alike.reduce((sum, occasion) => sum + ((occasion.signs - signs) / signs) ** 2, 0)
  const variance = (PRIOR.variance * PRIOR.weight + strayed) / (PRIOR.weight + length)
  return { occasions: length, signs, exposure, variance: variance + 1 / (signs * length) }
}

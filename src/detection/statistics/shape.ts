import { PackedFloats } from './packed.ts'

/** How many counts' worth of "every hour is alike" each factor begins with: the smaller a tenant, the flatter it stays. */
export interface Priors {
  weekday: number
  hourOfDay: number
  hourOfWeek: number
}

export const DAYS = 7
export const HOURS = 24
/** Half-lives of four weeks, for factors that are visited once a week and once a day. */
const WEEKLY = 0.5 ** (1 / 4)
const DAILY = 0.5 ** (1 / 28)

const COUNTS = { weekday: 0, hourOfDay: 14, hourOfWeek: 62 } as const
const SIZE = 398

/** 0 is Sunday; the first day of unix time was a Thursday. */
export const weekdayOf = (day: number): number => (day + 4) % DAYS

/** One learned day's hours. */
export interface DayShares {
  day: number
  /** The whole day's total, also where hours are unknown. */
  total: number
  /** Sum of each hour; undefined: unknown (dark, or before the first fact). */
  hours: readonly (number | undefined)[]
  weight: number
  /** The level of an average day, with this day in it. */
  level: number
}

/**
 * The course of a week in UTC as three factors round 1 (weekday, hour of day, hour of week), each a Gamma-shrunk
 * ratio of what came to what the coarser factors expected. The tenant's own zone shows in the shape by itself.
 */
export class Shape extends PackedFloats {
  readonly #priors: Priors

  constructor(priors: Priors, stored?: unknown) {
    super(SIZE, stored)
    this.#priors = priors
  }

  weekday(day: number): number {
    return this.#ratio(COUNTS.weekday + weekdayOf(day), DAYS, this.#priors.weekday)
  }

  /** The hour's part of its day, times 24: about 1 for an average hour. */
  withinDay(hour: number): number {
    const week = weekdayOf(Math.floor(hour / HOURS)) * HOURS + (hour % HOURS)
    const daily = this.#ratio(COUNTS.hourOfDay + (hour % HOURS), HOURS, this.#priors.hourOfDay)
    return daily * this.#ratio(COUNTS.hourOfWeek + week, DAYS * HOURS, this.#priors.hourOfWeek)
  }

  /** The weekday learns from the day's total, the two others from the hours' shares of it. */
  learn({ day, total, hours, weight, level }: DayShares): void {
    const { hourOfDay } = this.#priors
    this.#visit(COUNTS.weekday + weekdayOf(day), DAYS, WEEKLY, weight, total, level)
    for (let h = 0; h < HOURS; h++) {
      const sum = hours[h]
      if (sum === undefined) continue
      this.#visit(COUNTS.hourOfDay + h, HOURS, DAILY, weight, sum, total / HOURS)
      const expected = (total / HOURS) * this.#ratio(COUNTS.hourOfDay + h, HOURS, hourOfDay)
      this.#visit(COUNTS.hourOfWeek + weekdayOf(day) * HOURS + h, DAYS * HOURS, WEEKLY, weight, sum, expected)
    }
  }

  /** Sets a weekday's factor from one total, forgetting what it was. */
  setWeekday(weekday: number, total: number, level: number): void {
    const weights = this.change()
    weights[COUNTS.weekday + weekday] = total
    weights[COUNTS.weekday + DAYS + weekday] = level
  }

  #ratio(place: number, size: number, prior: number): number {
    const weights = this.read()
    return ((weights[place] ?? 0) + prior) / ((weights[place + size] ?? 0) + prior)
  }

  #visit(place: number, size: number, keep: number, weight: number, seen: number, expected: number): void {
    const weights = this.change()
    const fade = keep ** weight
    weights[place] = (weights[place] ?? 0) * fade + weight * seen
    weights[place + size] = (weights[place + size] ?? 0) * fade + weight * expected
  }
}

import { HOUR, type Seconds } from '../../time.ts'
import { Dates } from './dates.ts'
import { HourSlots, hourOf } from './hours.ts'
import {
  addTotal,
  type DayTotal,
  type Dispersion,
  dispersionOf,
  type Level,
  learnDay,
  newLevel,
  perDay,
  SETTLED_DAYS,
  scaleLevel,
} from './level.ts'
import { DAYS, type DayShares, HOURS, type Priors, Shape, weekdayOf } from './shape.ts'
import { closeSpan, openSpan, type Spans, touches } from './spans.ts'

export interface SeasonSpec {
  /** Hours; a day is learned `delay` - 12 hours after it ended, so that no window of `delay` hours meets a baseline that has taken it in. */
  delay: number
  priors: Priors
  dispersion: Dispersion
}

export const PRIORS: Priors = { weekday: 16, hourOfDay: 4, hourOfWeek: 40 }
/** For rare things, which show a shape only after long. */
export const RARE_PRIORS: Priors = { weekday: 16, hourOfDay: 8, hourOfWeek: 60 }

/** Which hours of [from, to) were lost to silence or lateness. */
export type Dark = (from: Seconds, to: Seconds) => readonly Seconds[]

export type Undecided = (from: Seconds, to: Seconds) => boolean

/** Part of what is usual in an hour, given by its number, that is to be expected now. */
export type Weigh = (hour: number) => number

/** A day with less of it known teaches nothing. */
const MIN_COVERAGE = 0.25
/** In the first week no day counts for more than this many times its median: one renewal day must not shape the weeks to come. */
const FIRST_WEEK_CAP = 1.75

/** Of one hour no more is learned than this many times the usual and a few units: what ran through one evening shapes no week. */
const HOUR_CAP = { times: 3, units: 8 }

/**
 * How many units are usual in any one hour: a level, times the course of the week. Learns a whole UTC day at once,
 * late, without the hours of incidents and without dark ones. A fact costs one addition, a day about 50 steps. Why it is
 * so: README.md, "Seasons".
 */
export class Season {
  readonly hours: HourSlots
  /** None where a series of one currency borrows those of the pooled one. */
  private readonly shape: Shape | undefined
  private readonly dates: Dates | undefined
  private readonly level: Level
  /** Hour of the first fact; 0 before it. */
  private since: number
  /** Number of the next day to be learned. */
  private next: number
  /** Incidents: their hours are not learned. */
  readonly spans: Spans
  /** Totals of the first week, until it is complete. */
  private first: [day: number, total: number][] | undefined
  readonly #spec: SeasonSpec
  readonly #shape: Shape
  readonly #dates: Dates

  constructor(spec: SeasonSpec, stored?: Season, borrowed?: Season) {
    this.#spec = spec
    this.#shape = borrowed === undefined ? new Shape(spec.priors, stored?.shape) : borrowed.#shape
    this.#dates = borrowed === undefined ? new Dates(stored?.dates) : borrowed.#dates
    this.hours = new HourSlots(stored?.hours)
    this.shape = borrowed === undefined ? this.#shape : undefined
    this.dates = borrowed === undefined ? this.#dates : undefined
    this.level = stored?.level ?? newLevel(spec.dispersion)
    this.since = stored?.since ?? 0
    this.next = stored?.next ?? 0
    this.spans = stored?.spans ?? []
    this.first = stored === undefined ? [] : stored.first
  }

  /** Counts in the hour of `at`. */
  add(at: Seconds, amount = 1): void {
    const hour = hourOf(at)
    if (
      this.since === 0 ||
      (hour < this.since && hour > this.since - this.#spec.delay && this.level.learned === 0)
    ) {
      this.since = hour
      this.next = Math.floor(hour / HOURS)
    }
    this.hours.add(hour, amount)
  }

  /**
   * Learns every day that is due by `now`; call it before asking.
   * @param unit mean size of a unit, 1 for plain counts
   * @param undecided whether it may still turn out that the day's dark hours were only quiet: the day waits
   */
  advance(now: Seconds, dark: Dark, unit = 1, undecided: Undecided = () => false): void {
    if (this.since === 0) return
    const last = Math.floor((hourOf(now) - this.#spec.delay - HOURS / 2) / HOURS)
    for (; this.next <= last; this.next++) {
      const begin = this.next * HOURS * HOUR
      if (undecided(begin, begin + HOURS * HOUR)) return
      this.#learn(this.next, dark, unit)
    }
  }

  /** Learned days so far. */
  get learned(): number {
    return this.level.learned
  }

  /** Units an average day. */
  get perDay(): number {
    return perDay(this.level)
  }

  /** Relative variance of whole days. */
  get dispersion(): number {
    return dispersionOf(this.level, this.#spec.dispersion)
  }

  /** Units usual in an hour of an ordinary day, given by its number. */
  usual(hour: number): number {
    const day = Math.floor(hour / HOURS)
    return (perDay(this.level) / HOURS) * this.#shape.weekday(day) * this.#shape.withinDay(hour)
  }

  /** Units usual in [from, to), by whole and broken hours; of spans over two weeks only the last two weeks. */
  expected(from: Seconds, to: Seconds, weigh?: Weigh): number {
    const begin = Math.max(from, to - 14 * HOURS * HOUR)
    let sum = 0
    for (let hour = hourOf(begin); hour * HOUR < to; hour++) {
      const part = Math.min(to, (hour + 1) * HOUR) - Math.max(begin, hour * HOUR)
      sum += (this.usual(hour) * part * (weigh?.(hour) ?? 1)) / HOUR
    }
    return sum
  }

  /** How many times the usual may come on the day of an hour, where that is a day unlike those of the last four weeks; at least 1. */
  readonly most: Weigh = (hour) => this.#dates.most(Math.floor(hour / HOURS))

  /** The same of how little; at most 1. */
  readonly least: Weigh = (hour) => this.#dates.least(Math.floor(hour / HOURS))

  /** An incident began: its hours will not be learned until `calm`. */
  trouble(from: Seconds): void {
    openSpan(this.spans, from)
  }

  /** The incident has ended. */
  calm(to: Seconds): void {
    closeSpan(this.spans, to)
  }

  /** Whether an hour belongs to an incident. */
  isTroubled(hour: number): boolean {
    return touches(this.spans, hour * HOUR, (hour + 1) * HOUR)
  }

  /** A change has come to stay: the level of the last three whole days becomes the usual one, and its hours are learned after all. */
  adopt(now: Seconds, dark: Dark): void {
    const to = hourOf(now)
    const lost = new Set(dark((to - 3 * HOURS) * HOUR, to * HOUR).map(hourOf))
    let seen = 0
    let usual = 0
    for (let hour = to - 3 * HOURS; hour < to; hour++) {
      if (lost.has(hour)) continue
      seen += this.hours.at(hour)
      usual += this.usual(hour)
    }
    if (usual > 0) scaleLevel(this.level, seen / usual)
    this.spans.length = 0
  }

  #learn(day: number, dark: Dark, unit: number): void {
    const begin = day * HOURS
    const lost = new Set(dark(begin * HOUR, (begin + HOURS) * HOUR).map(hourOf))
    const hours: (number | undefined)[] = []
    let whole = 0
    let known = 0
    let observed = 0
    let replaced = 0
    let came = 0
    for (let hour = begin; hour < begin + HOURS; hour++) {
      const share = this.#shape.withinDay(hour)
      const inIncident = this.isTroubled(hour)
      whole += share
      // In the first week there is no usual yet that could stand in for an incident's hours.
      if (hour < this.since || lost.has(hour) || (inIncident && this.learned < SETTLED_DAYS)) {
        hours.push(undefined)
        continue
      }
      const sum = inIncident ? this.usual(hour) : this.#learnable(hour, unit)
      if (inIncident) replaced += 1
      known += share
      observed += sum
      came += this.hours.at(hour)
      hours.push(sum)
    }
    const coverage = whole > 0 ? known / whole : 0
    if (coverage < MIN_COVERAGE) return
    if (coverage >= 1 && this.learned >= SETTLED_DAYS)
      this.dates?.learn(day, came, this.perDay * this.#shape.weekday(day), replaced > 0)
    this.#take(day, { hours, total: observed / coverage, coverage: Math.min(1, coverage), replaced, unit })
  }

  #learnable(hour: number, unit: number): number {
    const sum = this.hours.at(hour)
    if (this.learned < SETTLED_DAYS) return sum
    return Math.min(sum, HOUR_CAP.times * this.usual(hour) + HOUR_CAP.units * unit)
  }

  #take(day: number, seen: Omit<DayTotal, 'weekday'> & Pick<DayShares, 'hours'>): void {
    // What a named day is known to have more or less is not the course of the weeks.
    const ratio = this.#dates.ratio(day)
    const weekday = this.#shape.weekday(day)
    const { replaced } = seen
    const { total, weight } = learnDay(this.level, this.#spec.dispersion, {
      ...seen,
      weekday: weekday * ratio,
    })
    if (this.shape !== undefined) {
      const scale = seen.total > 0 ? total / seen.total : 0
      const hours = seen.hours.map((sum) => sum && sum * scale)
      this.shape.learn({ day, total, hours, weight, level: this.perDay * ratio })
      // Known by one visit only, a weekday that comes out far lower was met on a special day the first time.
      if (this.level.odd < 0 && replaced === 0 && this.level.learned <= 2 * DAYS)
        this.shape.setWeekday(weekdayOf(day), seen.total, this.perDay)
    }
    if (this.first !== undefined) {
      this.first.push([day, seen.total])
      if (this.first.length === DAYS) this.#fitFirstWeek(this.first)
    }
  }

  /**
   * Day by day a level cannot be separated from the weekdays it was measured on. With the first week complete it can,
   * so both are set anew from its totals.
   */
  #fitFirstWeek(first: readonly [day: number, total: number][]): void {
    this.first = undefined
    const sorted = first.map(([, total]) => total).sort((a, b) => a - b)
    const cap = FIRST_WEEK_CAP * (sorted[Math.floor(DAYS / 2)] ?? 0)
    const totals = cap > 0 ? first.map(([day, total]) => [day, Math.min(total, cap)] as const) : first
    const level = totals.reduce((sum, [, total]) => sum + total, 0) / DAYS
    this.level.totals = 0
    this.level.days = 0
    for (const [day, total] of totals) {
      this.shape?.setWeekday(weekdayOf(day), total, level)
      addTotal(this.level, total, this.#shape.weekday(day), 1)
    }
  }
}

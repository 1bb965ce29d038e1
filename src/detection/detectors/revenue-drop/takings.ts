import { DAY, HOUR, type Seconds, WEEK } from '../../../time.ts'
import { HourSlots, hourOf, OPEN_HOURS } from '../../statistics/hours.ts'
import { LateSums } from '../../statistics/late-sums.ts'
import { type Dark, Season, type SeasonSpec, type Weigh } from '../../statistics/season.ts'

const PAYMENTS = 0
const MONEY = 1
/** Fewer payments in the currency say little of its usual amount: those not yet a part of it count, too. */
const FEWEST = 10
/** A payment is worth at least a tenth and at most three usual ones, so that no single one makes or hides a drop. */
const [SMALLEST, LARGEST] = [0.1, 3]
const SUMS = { width: DAY, delay: 3 * DAY, halfLife: 14 * DAY, keep: 3 * DAY, channels: 2 }

/** The level at the end of each of the last weeks, oldest first. Plain data. */
interface Levels {
  weeks: number[]
  /** When the newest was noted. */
  at: Seconds
}

/** A peak of up to five of them ends as everybody knew it would. */
const [WEEKS, BEFORE_A_PEAK] = [9, 4 / 9]

/** One stream of revenue, of one currency or of all, in units: usual payments of their own currency. */
export class Takings {
  readonly season: Season
  /** Number of payments by hour. */
  readonly payments: HourSlots
  /** Windows begin no earlier: the end of the last drop. */
  calmSince: Seconds
  private readonly levels: Levels

  constructor(spec: SeasonSpec, stored?: Takings, pooled?: Takings) {
    this.season = new Season(spec, stored?.season, pooled?.season)
    this.payments = new HourSlots(stored?.payments)
    this.calmSince = stored?.calmSince ?? 0
    this.levels = stored?.levels ?? { weeks: [], at: 0 }
  }

  /** Notes the level once a week. */
  noteLevel(now: Seconds): void {
    const { weeks, at } = this.levels
    if (now - at < WEEK) return
    this.levels.at = now
    weeks.push(this.season.perDay)
    if (weeks.length > WEEKS) weeks.shift()
  }

  /**
   * Part of the present level that the tenant has had in most of the last weeks, at most 1: what a rise has added
   * may go as it came, and only what is below the level before it is missing.
   */
  get lasting(): number {
    const sorted = [...this.levels.weeks].sort((a, b) => a - b)
    const level = sorted[Math.ceil(BEFORE_A_PEAK * sorted.length) - 1]
    return sorted.length < WEEKS / 2 || level === undefined ? 1 : Math.min(1, level / this.season.perDay)
  }

  add(at: Seconds, units: number): void {
    this.season.add(at, units)
    this.payments.add(hourOf(at), 1)
  }

  /** The payment was not one of this series after all. */
  remove(at: Seconds, units: number): void {
    this.season.add(at, -units)
    this.payments.add(hourOf(at), -1)
  }
}

/** The revenue of one currency, which knows its usual amount: of the last weeks, as it stood three days ago. */
export class CurrencyTakings extends Takings {
  private readonly amounts: LateSums

  constructor(spec: SeasonSpec, stored: CurrencyTakings | undefined, pooled: Takings) {
    super(spec, stored, pooled)
    this.amounts = new LateSums(SUMS, stored?.amounts)
  }

  /** Mean amount of a payment in minor units; undefined before the first. */
  get usualAmount(): number | undefined {
    const known = this.amounts.usual(PAYMENTS)
    if (known >= FEWEST) return this.amounts.usual(MONEY) / known
    const all = this.amounts.all(PAYMENTS)
    return all > 0 ? this.amounts.all(MONEY) / all : undefined
  }

  /** @returns what a payment is worth in usual payments, after learning its amount */
  weigh(at: Seconds, now: Seconds, amount: number): number {
    this.amounts.settle(now)
    const usual = this.usualAmount ?? amount
    const units = this.unitsOf(amount)
    // Until the mean is known by more than a few, every amount counts in full.
    const isKnown = this.amounts.all(PAYMENTS) >= FEWEST
    this.amounts.add(at, PAYMENTS)
    this.amounts.add(at, MONEY, isKnown ? units * usual : amount)
    return units
  }

  /** What an amount is worth in usual payments. */
  unitsOf(amount: number): number {
    const usual = this.usualAmount ?? amount
    return usual > 0 ? Math.min(LARGEST, Math.max(SMALLEST, amount / usual)) : 1
  }
}

/** A stretch of whole hours up to now: units that came, units that are usual, number of payments. */
export interface Stretch {
  from: Seconds
  hours: number
  units: number
  usual: number
  payments: number
}

/**
 * Adds up the hours before `now` backwards, without dark ones, and hands out the sums at each of `widths` (hours,
 * ascending). Ends where the series began or was last said to be well.
 */
export function stretches(
  { season, payments, calmSince }: Takings,
  now: Seconds,
  widths: readonly number[],
  { dark, open }: Seen,
): Stretch[] {
  const to = hourOf(now)
  const oldest = Math.max(calmSince > 0 ? hourOf(calmSince - 1) + 1 : 0, to - OPEN_HOURS + 1)
  const found: Stretch[] = []
  let [units, usual, number, hour] = [0, 0, 0, to]
  for (const hours of widths) {
    if (to - hours < oldest) break
    for (; hour > to - hours; hour--) {
      const counted = hour - 1
      const share = Math.min(open(counted), season.least(counted))
      if (dark.has(counted) || share < CLOSED) continue
      units += season.hours.at(counted)
      usual += share * season.usual(counted)
      number += payments.at(counted)
    }
    found.push({ from: (to - hours) * HOUR, hours, units, usual, payments: number })
  }
  return found
}

/** An hour with less to be expected of it is not looked at. */
const CLOSED = 0.1

/** Numbers of the dark hours in the days before `now`. */
export const darkHours = (dark: Dark, now: Seconds): Set<number> =>
  new Set(dark(now - OPEN_HOURS * HOUR, now).map(hourOf))

/** What the hours before now are looked at by. */
export interface Seen {
  size: number
  dark: ReadonlySet<number>
  open: Weigh
}

/** Money that came, and that is usual, in minor units. */
export interface Money {
  currency: string
  taken: number
  usual: number
}

/** What one currency lacks in a stretch of time. */
export interface LostCurrency extends Money {
  /** Missing usual payments: what currencies can be compared by. */
  units: number
}

/** What is missing in each of these currencies in the hours before `now`. */
export function lostIn(
  currencies: readonly (readonly [currency: string, takings: CurrencyTakings])[],
  now: Seconds,
  hours: number,
  seen: Seen,
): LostCurrency[] {
  return currencies.flatMap(([currency, takings]) => {
    const stretch = stretches(takings, now, [hours], seen)[0]
    const amount = takings.usualAmount
    if (stretch === undefined || amount === undefined || stretch.usual <= stretch.units) return []
    const { units, usual } = stretch
    return [{ currency, units: usual - units, taken: units * amount, usual: usual * amount }]
  })
}

import type { Calendar } from '../../../calendar/calendar.ts'
import type { Seconds } from '../../../time.ts'
import type { Delivery } from '../../detector.ts'
import { withHolidays } from '../../kit/holidays.ts'
import { PRIORS, type SeasonSpec } from '../../statistics/season.ts'
import { FEWEST } from './drops.ts'
import { CurrencyTakings, Takings } from './takings.ts'

/** All currencies pooled, in units. */
export const ALL = '*'
const CURRENCIES = 10
const SEASON: SeasonSpec = {
  delay: 72,
  priors: PRIORS,
  // Days are learned three days late, so the 21st day of a tenant is the 18th learned. The floor keeps a holiday of
  // a very regular giant quiet, and a dull one, too.
  dispersion: { prior: 0.03, young: 0.03, youngDays: 18, floor: 0.02 },
}

/** What comes in: a series for each currency, and one for all together. */
export class Revenue {
  readonly all: Takings
  readonly currencies: Record<string, CurrencyTakings>

  constructor(stored?: Revenue) {
    this.all = new Takings(SEASON, stored?.all)
    this.currencies = Object.fromEntries(
      Object.entries(stored?.currencies ?? {}).map(([name, kept]) => [
        name,
        new CurrencyTakings(SEASON, kept, this.all),
      ]),
    )
  }

  /** @returns what the payment is worth in usual payments of its currency */
  add(at: Seconds, newest: Seconds, currency: string, amount: number): number {
    const takings = this.#takingsOf(currency)
    const units = takings?.weigh(at, newest, amount) ?? 1
    takings?.add(at, units)
    this.all.add(at, units)
    return units
  }

  /** Takes a payment out again that turns out to be a renewal. */
  remove(at: Seconds, currency: string, amount: number): void {
    const takings = this.#takingsOf(currency)
    const units = takings?.unitsOf(amount) ?? 1
    takings?.remove(at, units)
    this.all.remove(at, units)
  }

  /** The pooled series, and each currency's where there are several in which enough is paid to miss it. */
  series(down: Readonly<Record<string, Seconds>>): [name: string, takings: Takings][] {
    const each = Object.entries(this.currencies).filter(
      ([name, { season }]) => season.perDay >= FEWEST / 3 || name in down,
    )
    return each.length > 1 ? [[ALL, this.all], ...each] : [[ALL, this.all]]
  }

  named(name: string): Takings | undefined {
    return name === ALL ? this.all : this.currencies[name]
  }

  /** Learns every day that is due. */
  advance(now: Seconds, delivery: Delivery, calendar: Calendar, size: number): void {
    for (const takings of [this.all, ...Object.values(this.currencies)]) {
      takings.season.advance(now, withHolidays(delivery.dark, calendar), size, delivery.undecided)
      takings.noteLevel(now)
    }
  }

  /** A currency's own series; beyond this many currencies the rest count in the pooled one only. */
  #takingsOf(currency: string): CurrencyTakings | undefined {
    const known = this.currencies[currency]
    if (known !== undefined || Object.keys(this.currencies).length >= CURRENCIES) return known
    const made = new CurrencyTakings(SEASON, undefined, this.all)
    this.currencies[currency] = made
    return made
  }
}

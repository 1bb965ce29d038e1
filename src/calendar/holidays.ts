import type Holidays from 'date-holidays'
import { DAY, othersFirst } from '../time.ts'

/** A day on which the law of a country gives people off. */
export interface Holiday {
  /** In English. */
  name: string
  /** REGIONAL: only in parts of the country, a quarter of them or more. */
  extent: 'NATIONAL' | 'REGIONAL'
}

/** A country's holidays by local day, counted since 1970-01-01. */
export type HolidaysOn = (day: number) => Holiday | undefined

/** Years of countries whose holidays are remembered: a few kilobytes each. */
const MAX_YEARS = 1_024

const REGIONAL_SHARE = 0.25

/** Outside them calendars are not computed: such a date is a mistake of whoever wrote it. */
const [FIRST_YEAR, LAST_YEAR] = [1990, 2100]

type HolidaysClass = typeof Holidays
type Days = ReadonlyMap<number, Holiday>

let library: Promise<HolidaysClass> | undefined
const years = new Map<string, Days>()

/** The library takes some 30 MB and a tenth of a second to load: only a process that needs it does. */
const loadLibrary = (): Promise<HolidaysClass> => {
  library ??= import('date-holidays').then((module) => module.default)
  return library
}

/**
 * Loads what is needed to know the holidays of a country. The years asked for are worked out here, with turns for
 * others in between, since a country of fifty states takes some hundred milliseconds; others when they are met.
 * @param country ISO 3166-1 alpha-2; one that the library does not know has no holidays
 * @param days first and last of the days that are going to be asked about
 */
export async function holidaysOf(
  country: string,
  [from, to]: readonly [number, number],
): Promise<HolidaysOn> {
  const Library = await loadLibrary()
  for (let year = Math.max(FIRST_YEAR, yearOf(from)); year <= Math.min(LAST_YEAR, yearOf(to)); year += 1) {
    if (years.has(`${country} ${year}`)) continue
    for (const _state of new YearReader(Library, country, year)) await othersFirst()
  }
  return (day) => {
    const year = yearOf(day)
    if (year < FIRST_YEAR || year > LAST_YEAR) return undefined
    return (years.get(`${country} ${year}`) ?? new YearReader(Library, country, year).readAll()).get(day)
  }
}

const yearOf = (day: number): number => new Date(day * DAY * 1_000).getUTCFullYear()

/** Works out the holidays of a country's year, one of its states after the other, and remembers them at the end. */
class YearReader implements Iterable<string> {
  readonly #days = new Map<number, Holiday>()

  constructor(
    readonly library: HolidaysClass,
    readonly country: string,
    readonly year: number,
  ) {}

  readAll(): Days {
    for (const _state of this);
    return this.#days
  }

  *[Symbol.iterator](): Generator<string> {
    const { library: Library, country, year } = this
    const states = Object.keys(new Library().getStates(country) ?? {})
    const regional = new Map<number, { name: string; states: number }>()
    for (const state of states) {
      for (const [day, name] of publicDays(new Library(country, state), year)) {
        const counted = regional.get(day)
        if (counted === undefined) regional.set(day, { name, states: 1 })
        else counted.states += 1
      }
      yield state
    }
    for (const [day, { name, states: count }] of regional)
      if (count >= REGIONAL_SHARE * states.length) this.#days.set(day, { name, extent: 'REGIONAL' })
    for (const [day, name] of publicDays(new Library(country), year))
      this.#days.set(day, { name, extent: 'NATIONAL' })
    if (years.size >= MAX_YEARS) years.clear()
    years.set(`${country} ${year}`, this.#days)
  }
}

function publicDays(holidays: Holidays, year: number): Map<number, string> {
  const days = new Map<number, string>()
  for (const { date, start, end, name, type } of holidays.getHolidays(year, 'en')) {
    if (type !== 'public' && type !== 'bank') continue
    const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / 1_000 / DAY
    const length = Math.max(1, Math.round((end.getTime() - start.getTime()) / 1_000 / DAY))
    for (let day = first; day < first + length; day += 1) if (!days.has(day)) days.set(day, name)
  }
  return days
}

/** ISO 3166 countries whose public holidays are known here. */
export type Country = 'AU' | 'BR' | 'CA' | 'DE' | 'FR' | 'GB' | 'IN' | 'JP' | 'NP' | 'NZ' | 'US' | 'ZA'

/** A day of the civil calendar; months count from 1. */
export interface CivilDate {
  year: number
  month: number
  day: number
}

type Rule =
  | { fixed: readonly [month: number, day: number] }
  /** Days after Easter Sunday. */
  | { easter: number }
  /** The nth weekday of a month, 0 is Sunday; -1 is the last. */
  | { nth: readonly [month: number, weekday: number, nth: number] }

const fixed = (month: number, day: number): Rule => ({ fixed: [month, day] })
const easter = (days: number): Rule => ({ easter: days })
const nth = (month: number, weekday: number, n: number): Rule => ({ nth: [month, weekday, n] })

const GOOD_FRIDAY = easter(-2)
const EASTER_MONDAY = easter(1)
const CHRISTMAS = [fixed(12, 25), fixed(12, 26)]
const NEW_YEAR = fixed(1, 1)

/** The days on which nearly every shop of the country is closed or sells little; regional ones are left out. */
const RULES: Readonly<Record<Country, readonly Rule[]>> = {
  AU: [NEW_YEAR, fixed(1, 26), GOOD_FRIDAY, EASTER_MONDAY, fixed(4, 25), ...CHRISTMAS],
  BR: [NEW_YEAR, GOOD_FRIDAY, fixed(4, 21), fixed(5, 1), fixed(9, 7), fixed(11, 2), fixed(12, 25)],
  CA: [NEW_YEAR, GOOD_FRIDAY, fixed(7, 1), nth(9, 1, 1), nth(10, 1, 2), ...CHRISTMAS],
  DE: [NEW_YEAR, GOOD_FRIDAY, EASTER_MONDAY, fixed(5, 1), easter(39), easter(50), fixed(10, 3), ...CHRISTMAS],
  FR: [
    NEW_YEAR,
    EASTER_MONDAY,
    fixed(5, 1),
    fixed(5, 8),
    easter(39),
    easter(50),
    fixed(7, 14),
    fixed(8, 15),
    fixed(11, 1),
    fixed(11, 11),
    fixed(12, 25),
  ],
  GB: [NEW_YEAR, GOOD_FRIDAY, EASTER_MONDAY, nth(5, 1, 1), nth(5, 1, -1), nth(8, 1, -1), ...CHRISTMAS],
  IN: [fixed(1, 26), fixed(8, 15), fixed(10, 2)],
  JP: [NEW_YEAR, nth(1, 1, 2), fixed(2, 11), fixed(4, 29), fixed(5, 3), fixed(5, 4), fixed(5, 5)],
  NP: [fixed(5, 1), fixed(9, 19)],
  NZ: [NEW_YEAR, fixed(1, 2), fixed(2, 6), GOOD_FRIDAY, EASTER_MONDAY, fixed(4, 25), ...CHRISTMAS],
  US: [NEW_YEAR, nth(5, 1, -1), fixed(7, 4), nth(9, 1, 1), nth(11, 4, 4), fixed(12, 25)],
  ZA: [NEW_YEAR, fixed(3, 21), GOOD_FRIDAY, EASTER_MONDAY, fixed(4, 27), fixed(5, 1), ...CHRISTMAS],
}

/** Where a holiday on a weekend is made up for on the next working day. */
const OBSERVED_LATER: ReadonlySet<Country> = new Set(['AU', 'GB', 'NZ'])

const dayNumber = (year: number, month: number, day: number): number =>
  Date.UTC(year, month - 1, day) / 86_400_000

/** 0 is Sunday. */
const weekdayOf = (day: number): number => (day + 4) % 7

/** Gauss's rule for the Gregorian calendar, in the form that needs no exceptions (Meeus). */
function easterSunday(year: number): number {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return dayNumber(year, Math.floor(n / 31), (n % 31) + 1)
}

function dayOf(rule: Rule, year: number): number {
  if ('fixed' in rule) return dayNumber(year, rule.fixed[0], rule.fixed[1])
  if ('easter' in rule) return easterSunday(year) + rule.easter
  const [month, weekday, n] = rule.nth
  if (n > 0) {
    const first = dayNumber(year, month, 1)
    return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1)
  }
  const last = dayNumber(year, month + 1, 1) - 1
  return last - ((weekdayOf(last) - weekday + 7) % 7)
}

function holidaysOf(country: Country, year: number): ReadonlySet<number> {
  const days = new Set<number>()
  for (const rule of RULES[country]) {
    let day = dayOf(rule, year)
    days.add(day)
    if (!OBSERVED_LATER.has(country)) continue
    while (weekdayOf(day) % 6 === 0 || (days.has(day) && day !== dayOf(rule, year))) day++
    days.add(day)
  }
  return days
}

const KNOWN = new Map<string, ReadonlySet<number>>()

export function isHoliday(country: Country, { year, month, day }: CivilDate): boolean {
  const key = `${country}${year}`
  let days = KNOWN.get(key)
  if (days === undefined) {
    days = holidaysOf(country, year)
    KNOWN.set(key, days)
  }
  return days.has(dayNumber(year, month, day))
}

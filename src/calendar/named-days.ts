import { DAY } from '../time.ts'

/**
 * A day, or a few, on which trade is unlike that of the four weeks before, in much of the world: pay-days, ends of
 * months, days of gifts and of bargains. What is kept in one country only is among its public holidays.
 */
export interface NamedDay {
  /** Place in the list of all, by which what is known of it is stored. */
  place: number
  recurs: 'MONTHLY' | 'YEARLY'
}

interface CivilDay {
  month: number
  /** Of the month. */
  day: number
  /** 0 is Sunday. */
  weekday: number
  daysInMonth: number
}

type Rule = (date: CivilDay) => boolean

const on =
  (month: number, from: number, to = from): Rule =>
  (date) =>
    date.month === month && date.day >= from && date.day <= to

/** The nth of a weekday in a month. */
const nth =
  (n: number, weekday: number, month: number): Rule =>
  (date) =>
    date.month === month && date.weekday === weekday && Math.ceil(date.day / 7) === n

/** This many days after Thanksgiving, the fourth Thursday of November, which is between its 22nd and 28th. */
const afterThanksgiving =
  (from: number, to = from): Rule =>
  ({ month, day, weekday }) => {
    const inNovember = month === 11 ? day : month === 12 ? day + 30 : 0
    return Array.from({ length: to - from + 1 }, (_, i) => from + i).some(
      (after) =>
        weekday === (((4 + after) % 7) + 7) % 7 && inNovember - after >= 22 && inNovember - after <= 28,
    )
  }

const isWorkingDay = (weekday: number): boolean => weekday >= 1 && weekday <= 5

/** A working day with none after it in its month. */
const lastWorkingDay: Rule = ({ day, weekday, daysInMonth }) =>
  isWorkingDay(weekday) &&
  Array.from({ length: daysInMonth - day }, (_, i) => (weekday + i + 1) % 7).every(
    (next) => !isWorkingDay(next),
  )

type Named = readonly [recurs: NamedDay['recurs'], rule: Rule]

/** Of a day with several names the first counts. */
const DAYS: readonly Named[] = [
  ['YEARLY', on(1, 1)],
  ['YEARLY', on(2, 14)], // St Valentine's
  ['YEARLY', nth(2, 0, 5)], // Mother's day
  ['YEARLY', nth(3, 0, 6)], // Father's day
  ['YEARLY', on(10, 31)], // Hallowe'en
  ['YEARLY', on(11, 11)], // Singles' day
  ['YEARLY', afterThanksgiving(0)],
  ['YEARLY', afterThanksgiving(1)], // Black Friday
  ['YEARLY', afterThanksgiving(2, 3)],
  ['YEARLY', afterThanksgiving(4)], // Cyber Monday
  ['YEARLY', afterThanksgiving(5)], // Giving Tuesday
  ['YEARLY', on(12, 24)],
  ['YEARLY', on(12, 25)],
  ['YEARLY', on(12, 26)],
  ['YEARLY', on(12, 31)],
  ['MONTHLY', ({ day }) => day === 1],
  ['MONTHLY', ({ day }) => day === 15],
  ['MONTHLY', ({ day }) => day === 25],
  ['MONTHLY', ({ day, daysInMonth }) => day === daysInMonth],
  ['MONTHLY', lastWorkingDay],
  ['YEARLY', afterThanksgiving(-3, -1)], // The week of Black Friday
  ['YEARLY', on(12, 2, 9)],
  ['YEARLY', on(12, 10, 19)],
  ['YEARLY', on(12, 20, 23)],
  ['YEARLY', on(12, 27, 30)],
  ['YEARLY', on(1, 2, 6)],
]

export const NAMED_DAYS = DAYS.length

/** Days that are remembered, since the same few are asked about again and again. */
const MOST_KNOWN = 4_096
const known = new Map<number, NamedDay | undefined>()

/** What is named of a day, counted since 1970-01-01; undefined for an ordinary one. */
export function namedDay(day: number): NamedDay | undefined {
  if (known.has(day)) return known.get(day)
  const found = find(day)
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(day, found)
  return found
}

function find(day: number): NamedDay | undefined {
  const date = new Date(day * DAY * 1_000)
  const month = date.getUTCMonth() + 1
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate()
  const civil: CivilDay = { month, day: date.getUTCDate(), weekday: date.getUTCDay(), daysInMonth }
  const place = DAYS.findIndex(([, rule]) => rule(civil))
  const recurs = DAYS[place]?.[0]
  return recurs && { place, recurs }
}

import { DAY, HOUR, type Seconds } from '../time.ts'
import { type Holiday, type HolidaysOn, holidaysOf } from './holidays.ts'
import { type Zone, zoneNamed } from './zone.ts'

export type { Holiday }

/** Where a tenant keeps shop. */
export interface Place {
  /** IANA name. */
  timezone: string
  /** ISO 3166-1 alpha-2. */
  country: string | undefined
}

/** UTC, in no country. */
export const NOWHERE: Place = { timezone: 'UTC', country: undefined }

export interface CalendarDate {
  year: number
  /** 1 to 12. */
  month: number
  /** 1 to 31. */
  dayOfMonth: number
  /** 0 is Monday. */
  weekday: number
  daysInMonth: number
}

/**
 * What a moment is where the tenant keeps shop. Pure: the same zone, country and moment always give the same
 * answer. Days are local ones, counted since 1970-01-01, so that neighbours are `day - 1` and `day + 1`.
 */
export class Calendar {
  readonly #zone: Zone
  readonly #holidays: HolidaysOn

  constructor(zone: Zone, holidays: HolidaysOn) {
    this.#zone = zone
    this.#holidays = holidays
  }

  get timezone(): string {
    return this.#zone.name
  }

  /** Seconds by which local clocks are ahead of UTC. */
  offset(at: Seconds): Seconds {
    return this.#zone.offset(at)
  }

  localDay(at: Seconds): number {
    return this.#zone.dayOf(at)
  }

  /** The first moment of a local day. */
  startOfDay(day: number): Seconds {
    return this.#zone.startOf(day)
  }

  /** 0 to 23, by local clocks. */
  hourOfDay(at: Seconds): number {
    return Math.floor(modulo(at + this.offset(at), DAY) / HOUR)
  }

  /** 0 to 167, by local clocks; 0 is the hour after midnight of Monday. */
  hourOfWeek(at: Seconds): number {
    return weekdayOf(this.localDay(at)) * 24 + this.hourOfDay(at)
  }

  dateOf(day: number): CalendarDate {
    const date = new Date(day * DAY * 1_000)
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1]
    const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
    return { year, month, dayOfMonth: date.getUTCDate(), weekday: weekdayOf(day), daysInMonth }
  }

  /** The public holiday of the local day that the moment is in. */
  holiday(at: Seconds): Holiday | undefined {
    return this.holidayOn(this.localDay(at))
  }

  /** The public holiday of a local day. */
  holidayOn(day: number): Holiday | undefined {
    return this.#holidays(day)
  }

  /** As people there write it, e.g. `Fri 3 Apr, 16:05`. */
  momentInWords(at: Seconds): string {
    const minutes = Math.floor(modulo(at + this.offset(at), DAY) / 60)
    return `${this.dayInWords(this.localDay(at))}, ${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
  }

  /** E.g. `Fri 3 Apr`. */
  dayInWords(day: number): string {
    const { weekday, dayOfMonth, month } = this.dateOf(day)
    return `${WEEKDAYS[weekday]} ${dayOfMonth} ${MONTHS[month - 1]}`
  }
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const modulo = (value: number, by: number): number => ((value % by) + by) % by

/** Day 0 was a Thursday. */
const weekdayOf = (day: number): number => modulo(day + 3, 7)

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** Neighbours of a day are asked about, too. */
const MARGIN_DAYS = 8

const NO_HOLIDAYS: HolidaysOn = () => undefined

/** UTC, where no holidays are known. */
export const UTC_CALENDAR = new Calendar(zoneNamed('UTC'), NO_HOLIDAYS)

/**
 * What it needs stays loaded, so that the second time costs nothing.
 * @param from first moment that is going to be asked about
 * @param to last such moment
 */
export async function calendarOf(
  { timezone, country }: Place,
  from: Seconds,
  to: Seconds,
): Promise<Calendar> {
  const days = [Math.floor(from / DAY) - MARGIN_DAYS, Math.floor(to / DAY) + MARGIN_DAYS] as const
  const holidays = country === undefined ? NO_HOLIDAYS : await holidaysOf(country, days)
  return new Calendar(zoneNamed(timezone), holidays)
}

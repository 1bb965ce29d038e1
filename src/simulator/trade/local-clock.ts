import { DAY, HOUR, type Seconds } from '../../time.ts'
import { offsetOf } from '../calendar.ts'
import type { CivilDate } from './holidays.ts'

/** Clocks are changed at whole quarters of an hour of UTC everywhere. */
const QUARTER: Seconds = HOUR / 4

/** The clock and calendar on the wall of a place: daylight saving time, half and quarter hours included. */
export class LocalClock {
  /** By the day of UTC where the clock is not changed on that day, else by the quarter. */
  readonly #days = new Map<number, Seconds | undefined>()
  readonly #quarters = new Map<number, Seconds>()

  constructor(readonly zone: string) {}

  /** Seconds that it is ahead of UTC at that moment. */
  offset(at: Seconds): Seconds {
    const day = Math.floor(at / DAY)
    if (!this.#days.has(day)) {
      const [first, last] = [this.#look(day * DAY), this.#look((day + 1) * DAY)]
      this.#days.set(day, first === last ? first : undefined)
    }
    const offset = this.#days.get(day)
    return offset ?? this.#look(Math.floor(at / QUARTER) * QUARTER)
  }

  #look(at: Seconds): Seconds {
    let offset = this.#quarters.get(at)
    if (offset === undefined) {
      offset = Math.round(offsetOf(this.zone, at) * HOUR)
      this.#quarters.set(at, offset)
    }
    return offset
  }

  /** Hours since midnight with their fraction, as the clock shows them. */
  hour(at: Seconds): number {
    return ((at + this.offset(at)) % DAY) / HOUR
  }

  /** Local days since 1970. */
  day(at: Seconds): number {
    return Math.floor((at + this.offset(at)) / DAY)
  }

  /** 0 is Sunday. */
  weekday(at: Seconds): number {
    return (this.day(at) + 4) % 7
  }

  date(at: Seconds): CivilDate {
    const date = new Date((at + this.offset(at)) * 1000)
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  }

  /** The moment of a local day, given in days since 1970, at which the clock shows `hours` after midnight. */
  moment(day: number, hours = 0): Seconds {
    const wall = Math.round(day * DAY + hours * HOUR)
    return wall - this.offset(wall - this.offset(wall))
  }
}

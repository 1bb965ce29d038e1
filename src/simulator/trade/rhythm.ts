import { DAY, type Seconds } from '../../time.ts'
import { type CivilDate, type Country, isHoliday } from './holidays.ts'
import type { LocalClock } from './local-clock.ts'

/** When a business is busy; only proportions matter. */
export interface Opening {
  /** Of each local hour. */
  hours: readonly number[]
  /** Of each weekday from Sunday on; 0 is closed. */
  weekdays: readonly number[]
  /** What is left of the day on a public holiday; 0 is closed, 1 is no difference. */
  holidays: number
  /** Of the days of the year: a season, a Christmas. Default: all are alike. */
  year?(date: CivilDate): number
  /** How much larger it is each week than the week before. Default 0. */
  growth?: number
  /** Of the days since the stream began: a launch. Default: none. */
  launch?(days: number): number
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** How busy a business is at any moment, against its average hour as the stream begins. */
export class Rhythm {
  readonly #hours: readonly number[]
  readonly #weekdays: readonly number[]

  constructor(
    private readonly opening: Opening,
    private readonly country: Country,
    private readonly clock: LocalClock,
    private readonly begin: Seconds,
  ) {
    const [hour, weekday] = [mean(opening.hours), mean(opening.weekdays)]
    this.#hours = opening.hours.map((weight) => weight / hour)
    this.#weekdays = opening.weekdays.map((weight) => weight / weekday)
  }

  /** 1 is the average of an ordinary week. */
  busyness(at: Seconds): number {
    const { clock } = this
    const usual = (this.#hours[Math.floor(clock.hour(at))] ?? 0) * (this.#weekdays[clock.weekday(at)] ?? 0)
    return usual === 0 ? 0 : usual * this.level(at)
  }

  /** The same without hours and weekdays: growth, seasons and holidays. */
  level(at: Seconds): number {
    const { opening, clock, begin } = this
    const date = clock.date(at)
    const grown = (1 + (opening.growth ?? 0)) ** ((at - begin) / (7 * DAY))
    const season = opening.year?.(date) ?? 1
    const launched = opening.launch?.((at - begin) / DAY) ?? 1
    return grown * season * launched * (this.isHoliday(at) ? opening.holidays : 1)
  }

  isHoliday(at: Seconds): boolean {
    return isHoliday(this.country, this.clock.date(at))
  }

  /**
   * Seconds from `at` until so many average hours of business have passed, in steps of a quarter of an hour;
   * undefined when that takes longer than `most`.
   */
  lasting(at: Seconds, hours: number, most: Seconds): Seconds | undefined {
    let done = 0
    for (let passed = 0; passed <= most; passed += 900) {
      if (done >= hours) return passed
      done += this.busyness(at + passed) / 4
    }
    return undefined
  }
}

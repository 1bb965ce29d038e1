import { DAY, MINUTE, type Seconds } from '../time.ts'

/** Days whose offset one zone remembers: enough for years of history, a few kilobytes. */
const MAX_DAYS = 4_096
const MAX_ZONES = 512

/** What the clocks of a UTC day show: one offset, or another from a moment within the day on. */
interface DayOffsets {
  first: Seconds
  changesAt: Seconds
  then: Seconds
}

/** The clocks of an IANA zone. Asking `Intl` takes microseconds, so each day's answer is remembered. */
export class Zone {
  readonly #format: Intl.DateTimeFormat
  readonly #days = new Map<number, DayOffsets>()

  /** @throws RangeError when there is no such zone */
  constructor(readonly name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /** Seconds by which the zone's clocks are ahead of UTC at a moment. */
  offset(at: Seconds): Seconds {
    const { first, changesAt, then } = this.#offsetsOf(Math.floor(at / DAY))
    return at < changesAt ? first : then
  }

  /** The local date as days since 1970-01-01. */
  dayOf(at: Seconds): number {
    return Math.floor((at + this.offset(at)) / DAY)
  }

  /** The first moment of a local day: midnight, or where that is skipped the moment the clocks jump to. */
  startOf(day: number): Seconds {
    const midnight = day * DAY
    // The offset before and after a change of the clocks; of two midnights the earlier begins the day.
    const guesses = [this.offset(midnight - DAY), this.offset(midnight), this.offset(midnight + DAY)].map(
      (offset) => midnight - offset,
    )
    const starts = guesses.filter((at) => this.dayOf(at) === day && this.dayOf(at - 1) < day)
    return starts.length > 0
      ? Math.min(...starts)
      : Math.max(...guesses.filter((at) => this.dayOf(at) <= day))
  }

  #offsetsOf(day: number): DayOffsets {
    const known = this.#days.get(day)
    if (known !== undefined) return known
    const found = this.#readDay(day * DAY)
    if (this.#days.size >= MAX_DAYS) this.#days.clear()
    this.#days.set(day, found)
    return found
  }

  /** Clocks change at most once a day, on a whole minute. */
  #readDay(start: Seconds): DayOffsets {
    const [first, then] = [this.#read(start), this.#read(start + DAY - 1)]
    let [low, high] = [start, start + DAY]
    while (first !== then && high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / (2 * MINUTE)) * MINUTE
      if (this.#read(middle) === first) low = middle
      else high = middle
    }
    return { first, changesAt: high, then }
  }

  #read(at: Seconds): Seconds {
    const part = Object.fromEntries(
      this.#format.formatToParts(at * 1_000).map(({ type, value }) => [type, Number(value)]),
    )
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1_000 - at
  }
}

const zones = new Map<string, Zone>()

/** The zone of that name, shared by all who ask for it. */
export function zoneNamed(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = new Zone(name)
  if (zones.size >= MAX_ZONES) zones.clear()
  zones.set(name, zone)
  return zone
}

import { DAY, type Seconds, WEEK } from '../time.ts'

/** Seconds whose changes of the clocks are looked up together. */
const BLOCK = 52 * WEEK
/** Blocks that one zone remembers; each has a handful of numbers. */
const MAX_BLOCKS = 128
const MAX_ZONES = 512

/** From a moment on the clocks are so far ahead of UTC. */
interface Shift {
  from: Seconds
  offset: Seconds
}

/**
 * The clocks of an IANA zone. Asking `Intl` takes microseconds, and a chart or a baseline asks thousands of times: the
 * changes of the clocks are found once for a year, and everything else is arithmetic.
 */
export class Zone {
  readonly #format: Intl.DateTimeFormat
  readonly #blocks = new Map<number, readonly Shift[]>()

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
    let offset = 0
    for (const shift of this.#shiftsOf(Math.floor(at / BLOCK))) {
      if (shift.from > at) break
      offset = shift.offset
    }
    return offset
  }

  /** The local date as days since 1970-01-01. */
  dayOf(at: Seconds): number {
    return Math.floor((at + this.offset(at)) / DAY)
  }

  /**
   * The first moment of a local day: midnight, or where that is skipped the moment the clocks jump to. A day that is
   * skipped whole (Samoa's 30 December 2011) begins where the next one does.
   */
  startOf(day: number): Seconds {
    const midnight = day * DAY
    // Midnight by the offset before and after a change of the clocks, and the change itself.
    const near = [midnight - DAY, midnight, midnight + DAY]
    const changes = new Set(near.flatMap((at) => this.#shiftsOf(Math.floor(at / BLOCK))))
    const moments = [...near.map((at) => midnight - this.offset(at)), ...[...changes].map(({ from }) => from)]
    return Math.min(...moments.filter((at) => this.dayOf(at) >= day && this.dayOf(at - 1) < day))
  }

  #shiftsOf(block: number): readonly Shift[] {
    const known = this.#blocks.get(block)
    if (known !== undefined) return known
    const found = this.#readBlock(block * BLOCK)
    if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.clear()
    this.#blocks.set(block, found)
    return found
  }

  /** No zone has changed its clocks twice within a week. */
  #readBlock(start: Seconds): readonly Shift[] {
    let before = this.#read(start)
    const shifts: Shift[] = [{ from: start, offset: before }]
    for (let at = start + WEEK; at <= start + BLOCK; at += WEEK) {
      const offset = this.#read(at)
      if (offset !== before) shifts.push({ from: this.#changeBetween(at - WEEK, at, before), offset })
      before = offset
    }
    return shifts
  }

  /** The first second between two moments at which the offset is not `before` any more. */
  #changeBetween(from: Seconds, to: Seconds, before: Seconds): Seconds {
    let [low, high] = [from, to]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#read(middle) === before) low = middle
      else high = middle
    }
    return high
  }

  #read(at: Seconds): Seconds {
    const numbers =
      this.#format
        .format(at * 1_000)
        .match(/\d+/g)
        ?.map(Number) ?? []
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = numbers
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

import { NAMED_DAYS, type NamedDay, namedDay } from '../../calendar/named-days.ts'
import { DAY, type Seconds } from '../../time.ts'
import { PackedFloats } from './packed.ts'

/** How many counts' worth of "as on any day" a named day begins with. */
const PRIOR = 20
/** By this much a named day that was never seen may have more than an ordinary one, or less: pay-days bring more. */
const DOUBT = { MONTHLY: { more: 0.25, less: 0 }, YEARLY: { more: 0.5, less: 0.5 } } as const
/** What an older occurrence weighs against the next. */
const FADE = 0.8
/** A month's day counts from its second time on, a year's from its first. */
const KNOWN: Record<NamedDay['recurs'], number> = { MONTHLY: 1 + FADE, YEARLY: 1 }
/** Rounding of 32-bit floats. */
const NEARLY = 0.001
/** No day is believed to be further than this many times from an ordinary one. */
const FURTHEST = 20
/** Nor this many times where that was an incident. */
const INCIDENT = 3

/** The most that may be usual on the day of a moment, in ordinary days, for what is too rare to be learned day by day. */
export function mostUnseen(at: Seconds): number {
  const named = namedDay(Math.floor(at / DAY))
  return named === undefined ? 1 : 1 + DOUBT[named.recurs].more
}

const [TIMES, SEEN, USUAL] = [0, 1, 2]
const WIDTH = 3

/**
 * How the named days of a month and of the year differ from ordinary ones: those of which no other of the last four
 * weeks says anything. Known from their own former times; until then a wider band is usual on them.
 */
export class Dates {
  readonly #sums: PackedFloats

  constructor(stored?: unknown) {
    this.#sums = new PackedFloats(NAMED_DAYS * WIDTH, stored)
  }

  /**
   * Learns a whole day, against what an ordinary one would have had. An incident of a day of the month is none of its
   * course, or a habit (habits.ts); on a day of the year it is believed to some extent to be what comes with the day.
   */
  learn(day: number, came: number, usual: number, hadIncident = false): void {
    const named = namedDay(day)
    if (named === undefined || (hadIncident && named.recurs === 'MONTHLY')) return
    const seen = hadIncident ? Math.min(INCIDENT * usual, Math.max(usual / INCIDENT, came)) : came
    const sums = this.#sums.change()
    for (const [channel, amount] of [
      [TIMES, 1],
      [SEEN, seen],
      [USUAL, usual],
    ] as const)
      sums[named.place * WIDTH + channel] = FADE * this.#at(named, channel) + amount
  }

  /** What a day has had against an ordinary one, as far as is known. */
  ratio(day: number): number {
    const named = namedDay(day)
    if (named === undefined || this.#at(named, TIMES) < KNOWN[named.recurs] - NEARLY) return 1
    const ratio = (PRIOR + this.#at(named, SEEN)) / (PRIOR + this.#at(named, USUAL))
    return Math.min(FURTHEST, Math.max(1 / FURTHEST, ratio))
  }

  /** The most that may be usual, in ordinary days; never less than one. */
  most(day: number): number {
    return Math.max(1, this.ratio(day) * (1 + this.#doubt(day, 'more')))
  }

  /** The least that may be usual, in ordinary days; never more than one: where in its day a peak comes is not known. */
  least(day: number): number {
    return Math.min(1, this.ratio(day) / (1 + this.#doubt(day, 'less')))
  }

  /** Undefined before any named day was seen. */
  toJSON(): string | undefined {
    return this.#sums.toJSON() || undefined
  }

  #doubt(day: number, direction: 'more' | 'less'): number {
    const named = namedDay(day)
    return named === undefined ? 0 : DOUBT[named.recurs][direction] / Math.sqrt(1 + this.#at(named, TIMES))
  }

  #at({ place }: NamedDay, channel: number): number {
    return this.#sums.read()[place * WIDTH + channel] ?? 0
  }
}

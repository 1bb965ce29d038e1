import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { isSmall, learnSize, type Sizes, smallShare } from '../../kit/sizes.ts'
import { count, newRate, perHour, type Rate } from '../../statistics/decayed.ts'
import { LateSums } from '../../statistics/late-sums.ts'
import { type Dark, RARE_PRIORS, Season, type SeasonSpec } from '../../statistics/season.ts'

const SEASON: SeasonSpec = {
  delay: 24,
  priors: RARE_PRIORS,
  dispersion: { prior: 0.25, young: 0, youngDays: 0, floor: 0.003 },
}
const TRIES = 0
const SUSPECTS = 1
const SUMS = { width: HOUR, delay: DAY, halfLife: 14 * DAY, keep: 30 * HOUR, channels: 2 }
/** Suspects per try, until a share of one's own is known. */
const SHARE_PRIOR = { suspects: 1, tries: 50 }
const SHARE_AFTER: Seconds = 5 * DAY
const SETTLED: Seconds = 7 * DAY
/** This many fail for each small payment that goes through, where nobody tries stolen cards. */
const SMALL_FAILING = 0.2

/** The last suspect's time, and the tries after it: all, those that a bank plainly refused, and small ones that went through. */
interface Last {
  at: Seconds
  tries: number
  failures: number
  small: number
}

const lastAt = (at: Seconds): Last => ({ at, tries: 0, failures: 0, small: 0 })

/** How many cards fail at a checkout as guessed ones do, though nobody guesses. */
export class Suspects {
  /** Time of the first try; 0 before it. */
  private since: Seconds
  readonly season: Season
  private readonly sums: LateSums
  private readonly pace: Rate
  /** Ordinary amounts. */
  readonly sizes: Sizes
  private last: Last

  constructor(stored?: Suspects) {
    this.since = stored?.since ?? 0
    this.season = new Season(SEASON, stored?.season)
    this.sums = new LateSums(SUMS, stored?.sums)
    this.pace = stored?.pace ?? newRate()
    this.sizes = stored?.sizes ?? {}
    this.last = stored?.last ?? lastAt(0)
  }

  /** Counts one try to pay, however it ends. */
  countTry(at: Seconds, now: Seconds, dark: Dark): void {
    if (this.since === 0) {
      this.since = at
      this.last.at = at
    }
    this.season.advance(now, dark)
    this.sums.settle(now, this.season.spans)
    this.sums.add(at, TRIES)
    count(this.pace, now, SUMS.halfLife)
    this.last.tries += 1
  }

  countSuccess(amount: number, currency: string): void {
    if (isSmall(this.sizes, amount, currency)) this.last.small += 1
    learnSize(this.sizes, amount, currency)
  }

  /** A bank refused the try, but not as it refuses guessed cards. */
  countRefusal(): void {
    this.last.failures += 1
  }

  /**
   * Counts a suspect.
   * @param guessed it failed as guessed cards do; otherwise it was only oddly small
   * @returns how many were usual since the last one
   */
  countSuspect(at: Seconds, now: Seconds, guessed: boolean): number {
    const usual = this.#usualSince(now, guessed)
    this.restart(now)
    this.season.add(at)
    this.sums.add(at, SUSPECTS)
    return usual
  }

  /** What came before this moment explains no suspect after it. */
  restart(at: Seconds): void {
    this.last = lastAt(Math.max(this.last.at, at))
  }

  /**
   * By the season, by the clock, and by how many tried to pay; of one that was only oddly small also by how many
   * failed, and how many small ones did not.
   */
  #usualSince(now: Seconds, guessed: boolean): number {
    const { at, tries, failures, small } = this.last
    const age = now - this.since
    const floor = Math.max(0.1, 0.02 * perHour(this.pace, now, SUMS.halfLife)) * (age > SETTLED ? 0.3 : 1)
    const byClock = Math.max(this.season.expected(at, now, this.season.most), (floor * (now - at)) / HOUR)
    const ordinary = Math.max(byClock, this.#share(age) * tries)
    if (guessed) return ordinary
    // When everything fails, small payments fail along with the rest; when prices fall, the usual part of them does.
    return Math.max(ordinary, smallShare(this.sizes) * failures, SMALL_FAILING * small)
  }

  #share(age: Seconds): number {
    const { suspects, tries } = SHARE_PRIOR
    if (age <= SHARE_AFTER) return suspects / tries
    return (suspects + this.sums.usual(SUSPECTS)) / (tries + this.sums.usual(TRIES))
  }
}

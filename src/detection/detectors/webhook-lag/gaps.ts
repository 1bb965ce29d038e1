import { DAY, HOUR, type Seconds, WEEK } from '../../../time.ts'
import type { Span } from '../../statistics/spans.ts'

/**
 * Gaps in deliveries: a closed shop and an outage look alike while they last. What tells them apart comes after:
 * Stripe resends what was not taken for three days, so a gap of which nothing comes late was a quiet one.
 */

/** A stretch in which nothing arrived although something was usual. Plain data. */
export interface Gap {
  from: Seconds
  to: Seconds
  /** Its hours count as lost until it is known to have been quiet. */
  lost: boolean
  /** How many events made inside it came late. */
  late: number
}

/** For this long Stripe resends an event that was not taken. */
export const RESENT: Seconds = 3 * DAY
/** Most of what an outage held back has begun to arrive by then. */
const SETTLED: Seconds = 6 * HOUR
/** Closing times differ by some minutes from week to week, and by an hour when clocks change. */
const SLACK: Seconds = HOUR
const WEEKS = [WEEK, 2 * WEEK] as const
/** In the first two weeks nights are known from the nights before only. */
const DAYS = [DAY, 2 * DAY] as const
const YOUNG: Seconds = 2 * WEEK
const REMEMBERED: Seconds = 2 * WEEK + 2 * DAY
const KEPT = 64

export function noteGap(gaps: Gap[], gap: Gap): void {
  gaps.push(gap)
  while (gaps.length > KEPT || (gaps[0]?.to ?? gap.to) < gap.to - REMEMBERED) gaps.shift()
}

/** An event came late: whatever gap it was made in was an outage. */
export function noteLate(gaps: readonly Gap[], at: Seconds): void {
  for (const gap of gaps) {
    if (at <= gap.from || at >= gap.to) continue
    gap.late += 1
    gap.lost = true
  }
}

/** Whether anything made in [from, to) came late, after a gap. */
export const hadOutage = (gaps: readonly Gap[], from: Seconds, to: Seconds): boolean =>
  gaps.some((gap) => gap.late > 0 && gap.from < to && gap.to >= from)

/** Calls back with each whole hour in [from, to) that was lost in a gap, as far as is known. */
export function eachLostHour(
  gaps: readonly Gap[],
  [from, to]: Span,
  now: Seconds,
  take: (hour: Seconds) => void,
): void {
  for (const gap of gaps) {
    if (!gap.lost) continue
    const known = gap.late > 0 ? from : now - RESENT - HOUR + 1
    const begin = Math.max(from, known, hourBegin(gap.from))
    for (let hour = hourBegin(begin + HOUR - 1); hour < to && hour <= gap.to; hour += HOUR) take(hour)
  }
}

/** Whether a part of [from, to) lies in a gap that may still turn out to have been quiet. */
export const isUndecided = (gaps: readonly Gap[], from: Seconds, to: Seconds, now: Seconds): boolean =>
  now < to + RESENT && gaps.some((gap) => gap.lost && gap.late === 0 && gap.from < to && gap.to >= from)

/**
 * For each hour that touches [from, to), by its begin: which part of it the tenant was closed in at the same time of
 * the last two weeks, from 0 to 1; hours that were never closed are not in it.
 * @param since first delivery ever
 */
export function closedShares(
  gaps: readonly Gap[],
  [from, to]: Span,
  now: Seconds,
  since: Seconds,
): ReadonlyMap<Seconds, number> {
  const shares = new Map<Seconds, number>()
  const backs = now - since < YOUNG ? [...DAYS, ...WEEKS] : WEEKS
  for (const gap of gaps) {
    if (gap.late > 0 || now < gap.to + SETTLED) continue
    for (const back of backs) {
      const [begin, end] = [gap.from - SLACK + back, gap.to + SLACK + back]
      for (let hour = hourBegin(Math.max(begin, from)); hour < Math.min(end, to); hour += HOUR) {
        const share = (Math.min(hour + HOUR, end) - Math.max(hour, begin)) / HOUR
        shares.set(hour, Math.max(shares.get(hour) ?? 0, share))
      }
    }
  }
  return shares
}

const hourBegin = (at: Seconds): Seconds => at - (at % HOUR)

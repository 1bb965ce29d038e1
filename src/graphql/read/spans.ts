import { PublicError } from '../../errors.ts'
import { type Seconds, toDate, toSeconds } from '../../time.ts'
import { type Interval, stepsBetween } from './intervals.ts'

/** Points of one chart. */
export const MAX_POINTS = 2_000

/**
 * Starts of the spans that a range touches, by the zone's own clock.
 * @throws PublicError BAD_USER_INPUT for a range that is empty or has more than 2,000 points
 */
export function spansOf(
  { from, to, interval }: { from: Date; to: Date; interval: Interval },
  zone: string,
): Date[] {
  if (from >= to) throw new PublicError('BAD_USER_INPUT', 'The range is empty: from must be before to.')
  const spans: Date[] = []
  for (const at of stepsBetween(toSeconds(from), to.getTime() / 1_000, interval, zone)) {
    if (spans.length === MAX_POINTS) {
      throw new PublicError(
        'BAD_USER_INPUT',
        `The range has more than ${MAX_POINTS} points: shorten it or take a longer interval.`,
      )
    }
    spans.push(toDate(at))
  }
  return spans
}

/** Finds the point whose span a moment lies in; points in order. */
export function finder<Point extends { at: Date }>(
  points: readonly Point[],
): (at: Seconds) => Point | undefined {
  const starts = points.map(({ at }) => toSeconds(at))
  return (at) => {
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= at) low = middle + 1
      else high = middle
    }
    return points[low - 1]
  }
}

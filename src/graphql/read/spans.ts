import { badInput } from '../../errors.ts'
import { type Seconds, toDate, toSeconds } from '../../time.ts'
import { type Interval, stepsBetween } from './intervals.ts'

/** Points of one chart. */
export const MAX_POINTS = 2_000

export interface Spans {
  starts: Date[]
  /** Of the last one: they are shown whole. */
  end: Date
}

/**
 * The spans that a range touches, by the zone's own clock.
 * @throws PublicError BAD_USER_INPUT for a range that is empty or has more than 2,000 points
 */
export function spansOf(
  { from, to, interval }: { from: Date; to: Date; interval: Interval },
  zone: string,
): Spans {
  if (from >= to) throw badInput(['range', 'to'], 'The range is empty: from must be before to.')
  const starts: Date[] = []
  for (const at of stepsBetween(toSeconds(from), to.getTime() / 1_000, interval, zone)) {
    if (starts.length === MAX_POINTS) {
      throw badInput(
        ['range'],
        `The range has more than ${MAX_POINTS} points: shorten it or take a longer interval.`,
        'OUT_OF_RANGE',
      )
    }
    starts.push(toDate(at))
  }
  const last = toSeconds(starts.at(-1) ?? from)
  const [, end = last] = stepsBetween(last, Number.POSITIVE_INFINITY, interval, zone)
  return { starts, end: toDate(end) }
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

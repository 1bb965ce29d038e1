import { HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { SeriesPoint } from '../../detector.ts'

const WIDTH: Seconds = 10 * MINUTE
const WINDOW: Seconds = 3 * HOUR
const LAGS = 50

/** Arrivals of the last three hours in buckets of ten minutes, and how late the newest late ones were. Plain data. */
export interface Arrivals {
  /** [begin, arrivals, late ones], ascending. */
  buckets: [begin: Seconds, arrivals: number, late: number][]
  lags: [arrival: Seconds, lag: Seconds][]
}

export const newArrivals = (): Arrivals => ({ buckets: [], lags: [] })

/** Counts one arrival, no earlier than the one before. */
export function arrive({ buckets, lags }: Arrivals, arrival: Seconds, at: Seconds, isLate: boolean): void {
  const begin = arrival - (arrival % WIDTH)
  let bucket = buckets.at(-1)
  if (bucket === undefined || bucket[0] < begin) {
    bucket = [begin, 0, 0]
    buckets.push(bucket)
    while ((buckets[0]?.[0] ?? begin) <= begin - WINDOW - WIDTH) buckets.shift()
  }
  bucket[1] += 1
  if (!isLate) return
  bucket[2] += 1
  lags.push([arrival, arrival - at])
  if (lags.length > LAGS) lags.shift()
}

export interface Lateness {
  arrivals: number
  late: number
  /** Median lag of the late ones, of at most the newest 50. */
  median: Seconds
  /** Event time of the oldest late one that is as late as the others: a retry from long ago says nothing about when it began. */
  oldest: Seconds
}

/** This much later than the others is a straggler's. */
const STRAGGLER = 3

export const isStraggler = (lag: Seconds, median: Seconds): boolean => lag > STRAGGLER * median

/** The three hours up to `now`. */
export function lateness({ buckets, lags }: Arrivals, now: Seconds): Lateness {
  let [arrivals, late] = [0, 0]
  for (const [begin, all, lateOnes] of buckets) {
    if (begin <= now - WINDOW) continue
    arrivals += all
    late += lateOnes
  }
  const recent = lags.filter(([arrival]) => arrival > now - WINDOW)
  const sorted = recent.map(([, lag]) => lag).sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const oldest = recent.reduce(
    (min, [arrival, lag]) => (isStraggler(lag, median) ? min : Math.min(min, arrival - lag)),
    now,
  )
  return { arrivals, late, median, oldest }
}

/** Late deliveries of each ten minutes of the last hours that had deliveries. */
export const lateCourse = ({ buckets }: Arrivals, upper: number): SeriesPoint[] =>
  buckets.map(([at, , observed]) => ({ at, observed, expected: 0, lower: 0, upper }))

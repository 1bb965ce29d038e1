import { HOUR, MINUTE, type Seconds } from '../../time.ts'
import type { SeriesPoint } from '../detector.ts'

const WIDTH: Seconds = 10 * MINUTE
const WINDOW: Seconds = 3 * HOUR
const LAGS = 50

/** Arrivals of the last three hours in buckets of ten minutes, and how late the newest late ones were. Plain data. */
export interface Arrivals {
  /** [begin, arrivals, late ones, event time of the oldest late one], ascending. */
  buckets: [begin: Seconds, arrivals: number, late: number, oldest: Seconds][]
  lags: [arrival: Seconds, lag: Seconds][]
}

export const newArrivals = (): Arrivals => ({ buckets: [], lags: [] })

/** Counts one arrival, no earlier than the one before. */
export function arrive({ buckets, lags }: Arrivals, arrival: Seconds, at: Seconds, isLate: boolean): void {
  const begin = arrival - (arrival % WIDTH)
  let bucket = buckets.at(-1)
  if (bucket === undefined || bucket[0] < begin) {
    bucket = [begin, 0, 0, 0]
    buckets.push(bucket)
    while ((buckets[0]?.[0] ?? begin) <= begin - WINDOW - WIDTH) buckets.shift()
  }
  bucket[1] += 1
  if (!isLate) return
  bucket[2] += 1
  bucket[3] = bucket[3] === 0 ? at : Math.min(bucket[3], at)
  lags.push([arrival, arrival - at])
  if (lags.length > LAGS) lags.shift()
}

export interface Lateness {
  arrivals: number
  late: number
  /** Event time of the oldest late one. */
  oldest: Seconds
  /** Median lag of the late ones, of at most the newest 50. */
  median: Seconds
}

/** The three hours up to `now`. */
export function lateness({ buckets, lags }: Arrivals, now: Seconds): Lateness {
  const sums: Lateness = { arrivals: 0, late: 0, oldest: now, median: 0 }
  for (const [begin, arrivals, late, oldest] of buckets) {
    if (begin <= now - WINDOW) continue
    sums.arrivals += arrivals
    sums.late += late
    if (late > 0) sums.oldest = Math.min(sums.oldest, oldest)
  }
  const sorted = lags
    .filter(([arrival]) => arrival > now - WINDOW)
    .map(([, lag]) => lag)
    .sort((a, b) => a - b)
  sums.median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return sums
}

/** Late deliveries of each ten minutes of the last hours that had deliveries. */
export const lateCourse = ({ buckets }: Arrivals, upper: number): SeriesPoint[] =>
  buckets.map(([at, , observed]) => ({ at, observed, expected: 0, lower: 0, upper }))

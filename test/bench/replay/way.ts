/** What a process does with the histories that it is told of: only read them, judge them, or judge and store them. */
export const WAYS = ['bare', 'dry', 'stored'] as const
export type Way = (typeof WAYS)[number]

export interface Replayed {
  events: number
  anomalies: number
  /** Seconds. */
  cpu: number
  wall: number
  /** Bytes: the most that the process has held so far. */
  memory: number
}

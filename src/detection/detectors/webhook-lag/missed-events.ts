import type { Seconds } from '../../../time.ts'

/** Those of the last hours, and those since the last delivery. Plain data. */
export interface Missed {
  /** Of the last three hours before the newest, at most 200. */
  recent: [at: Seconds, event: string][]
  /** Made since the last delivery, with none between them. */
  row: { first: Seconds; count: number }
}

export const newMissed = (): Missed => ({ recent: [], row: { first: 0, count: 0 } })

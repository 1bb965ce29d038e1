import type { Seconds } from '../../../src/time.ts'

/** What any judge of a stream says, ours or another: the fields of GraphQL's Anomaly that matter here. */
export interface Anomaly {
  detector: string
  severity: string
  title: string
  message: string
  advice: string
  startedAt: Seconds
  detectedAt: Seconds
  endedAt: Seconds | null
  customerId: string | null
  subjects: readonly { type: string; stripeId: string }[]
  evidence: readonly { name: string; observed: number; unit: string }[]
}

import type { Actor } from '../../actor.ts'
import type { Seconds } from '../../time.ts'
import {
  type Amount,
  type DetectorName,
  type Measurement,
  SEVERITIES,
  type SeriesPoint,
  type Severity,
  type Subject,
} from '../detector.ts'

export const STATUSES = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED', 'FALSE_POSITIVE'] as const
export type AnomalyStatus = (typeof STATUSES)[number]

export type AnomalyOrigin = 'LIVE' | 'HISTORY'

/** What a batch did to an incident, strongest last: at most one activity each comes of it. */
export const CHANGES = ['ANOMALY_UPDATED', 'ANOMALY_ENDED', 'ANOMALY_REOPENED', 'ANOMALY_RAISED'] as const
export type IncidentChange = (typeof CHANGES)[number]

/** Findings of one (detector, fingerprint) grouped until it ends: what is recorded as an anomaly. */
export interface Incident {
  id: string
  detector: DetectorName
  fingerprint: string
  severity: Severity
  status: AnomalyStatus
  origin: AnomalyOrigin
  confidence: number
  title: string
  message: string
  advice: string
  startedAt: Seconds
  detectedAt: Seconds
  lastSeenAt: Seconds
  endedAt: Seconds | null
  occurrences: number
  customer: string | null
  impact: Amount | null
  subjects: Subject[]
  evidence: readonly Measurement[]
  series: readonly SeriesPoint[]
  /** When it ends by itself unless a sign comes. */
  endsAt: Seconds | null
  /** Wall clock. */
  resolvedAt: Date | null
  resolvedBy: Actor | null
  /** A person's, never changed here. */
  note: string | null
  grouping: Grouping
}

/** What grouping must remember of an incident beyond what people see. */
export interface Grouping {
  /** Keys that hold it open: it ends when all of them have ended. */
  keys: string[]
  /** How many events were noted as showing it. */
  events: number
  /** Ids of the incidents that explain it. */
  causes?: string[]
  /** Only of a flood: what was grouped into it. */
  flood?: Flood
}

export interface Flood {
  /** How many incidents, and how many customers they concern. */
  members: number
  customers: number
  /** Money at risk by currency. */
  sums: Record<string, number>
  /** Fingerprints still open, and customers counted; at most 500 of each. */
  open: string[]
  seen: string[]
}

/** An incident that a batch changed, with the events to add to it. */
export interface ChangedIncident {
  incident: Incident
  change: IncidentChange | undefined
  stripeIds: string[]
  /** Ids of the incidents that were found to explain it. */
  causes?: string[]
}

type Beginning = Pick<
  Incident,
  'id' | 'detector' | 'fingerprint' | 'severity' | 'origin' | 'startedAt' | 'detectedAt' | 'grouping'
> &
  Partial<Incident>

/** An incident at its first sign. */
export const newIncident = (beginning: Beginning): Incident => ({
  status: 'OPEN',
  confidence: 1,
  title: '',
  message: '',
  advice: '',
  lastSeenAt: beginning.detectedAt,
  endedAt: null,
  occurrences: 0,
  customer: null,
  impact: null,
  subjects: [],
  evidence: [],
  series: [],
  endsAt: null,
  resolvedAt: null,
  resolvedBy: null,
  note: null,
  ...beginning,
})

export const worst = (...severities: Severity[]): Severity =>
  severities.reduce((a, b) => (SEVERITIES.indexOf(b) > SEVERITIES.indexOf(a) ? b : a))

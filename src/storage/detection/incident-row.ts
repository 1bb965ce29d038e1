import { z } from 'zod'
import { SEVERITIES, UNITS } from '../../detection/detector.ts'
import { type Incident, STATUSES } from '../../detection/incident.ts'
import { toDate, toSeconds } from '../../time.ts'
import {
  date,
  integer,
  nullableDate,
  nullableInteger,
  nullableText,
  type Row,
  text,
  type Value,
} from '../sql.ts'
import { toDetectorName } from './parsing.ts'

const actor = z.object({ kind: z.enum(['API_KEY', 'ACCESS_TOKEN', 'OPERATOR', 'SYSTEM']), name: z.string() })
const subjects = z.array(z.object({ type: z.string(), id: z.string() }))
const evidence = z.array(
  z.object({
    name: z.string(),
    observed: z.number(),
    expected: z.number().exactOptional(),
    threshold: z.number().exactOptional(),
    unit: z.enum(UNITS),
    currency: z.string().exactOptional(),
  }),
)
const series = z.array(
  z.object({
    at: z.number(),
    observed: z.number(),
    expected: z.number().exactOptional(),
    lower: z.number().exactOptional(),
    upper: z.number().exactOptional(),
  }),
)
const folding = z.object({
  keys: z.array(z.string()),
  events: z.number(),
  flood: z
    .object({
      members: z.number(),
      customers: z.number(),
      sums: z.record(z.string(), z.number()),
      open: z.array(z.string()),
      seen: z.array(z.string()),
    })
    .exactOptional(),
})

/** An Anomaly row as detection sees it; undefined for one of a detector that this program does not know. */
export function toIncident(row: Row): Incident | undefined {
  const detector = toDetectorName(row['detector'])
  if (detector === undefined) return undefined
  const endedAt = nullableDate(row['endedAt'])
  const impact = nullableInteger(row['impactAmount'])
  const resolvedBy = nullableText(row['resolvedBy'])
  return {
    id: text(row['id']),
    detector,
    fingerprint: text(row['fingerprint']),
    severity: SEVERITIES[integer(row['severity'])] ?? 'LOW',
    status: z.enum(STATUSES).parse(row['status']),
    origin: row['origin'] === 'HISTORY' ? 'HISTORY' : 'LIVE',
    confidence: Number(row['confidence']),
    title: text(row['title']),
    message: text(row['message']),
    advice: text(row['advice']),
    startedAt: toSeconds(date(row['startedAt'])),
    detectedAt: toSeconds(date(row['detectedAt'])),
    lastSeenAt: toSeconds(date(row['lastSeenAt'])),
    endedAt: endedAt && toSeconds(endedAt),
    occurrences: integer(row['occurrences']),
    customer: nullableText(row['customerId']),
    impact: impact === null ? null : { amount: impact, currency: text(row['impactCurrency']) },
    subjects: subjects.parse(JSON.parse(text(row['subjects']))),
    evidence: evidence.parse(JSON.parse(text(row['evidence']))),
    series: series.parse(JSON.parse(text(row['series']))),
    endsAt: nullableInteger(row['endsAt']),
    resolvedAt: nullableDate(row['resolvedAt']),
    resolvedBy: resolvedBy === null ? null : actor.parse(JSON.parse(resolvedBy)),
    note: nullableText(row['note']),
    folding: folding.parse(JSON.parse(text(row['folding']))),
  }
}

/** Columns that each batch may change, in the order of `changingValues`. */
export const CHANGING = [
  'severity',
  'status',
  'confidence',
  'title',
  'message',
  'advice',
  'startedAt',
  'lastSeenAt',
  'endedAt',
  'updatedAt',
  'occurrences',
  'customerId',
  'impactAmount',
  'impactCurrency',
  'subjects',
  'evidence',
  'folding',
  'endsAt',
  'resolvedAt',
  'resolvedBy',
  'searchText',
] as const

/** @param wall wall clock of the batch */
export const changingValues = (incident: Incident, wall: Date): Value[] => [
  SEVERITIES.indexOf(incident.severity),
  incident.status,
  incident.confidence,
  incident.title,
  incident.message,
  incident.advice,
  toDate(incident.startedAt),
  toDate(incident.lastSeenAt),
  incident.endedAt === null ? null : toDate(incident.endedAt),
  wall,
  incident.occurrences,
  incident.customer,
  incident.impact?.amount ?? null,
  incident.impact?.currency ?? null,
  JSON.stringify(incident.subjects),
  JSON.stringify(incident.evidence),
  JSON.stringify(incident.folding),
  incident.endsAt,
  incident.resolvedAt,
  incident.resolvedBy === null ? null : JSON.stringify(incident.resolvedBy),
  searchText(incident),
]

/** What a search for words looks through. */
export const searchText = ({ title, message, note }: Pick<Incident, 'title' | 'message' | 'note'>): string =>
  [title, message, note ?? ''].join('\n').toLowerCase()

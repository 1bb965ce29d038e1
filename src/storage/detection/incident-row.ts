import { z } from 'zod'
import { SEVERITIES } from '../../detection/detector.ts'
import { type Incident, STATUSES } from '../../detection/engine/incident.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { bounded, clamped } from '../../stripe/money.ts'
import { toDate, toSeconds } from '../../time.ts'
import { readActor, readEvidence, readSeries, readSubjects } from '../anomaly-columns.ts'
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

const grouping = z.object({
  keys: z.array(z.string()),
  events: z.number(),
  causes: z.array(z.string()).exactOptional(),
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
  const impact = row['impactAmount']
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
    // Before amounts had bounds, sums past them were stored.
    impact:
      impact === null ? null : { amount: bounded(Number(impact)), currency: text(row['impactCurrency']) },
    subjects: readSubjects(text(row['subjects'])),
    evidence: readEvidence(text(row['evidence'])),
    series: readSeries(text(row['series'])),
    endsAt: nullableInteger(row['endsAt']),
    resolvedAt: nullableDate(row['resolvedAt']),
    resolvedBy: readActor(nullableText(row['resolvedBy'])),
    note: nullableText(row['note']),
    grouping: grouping.parse(JSON.parse(text(row['folding']))),
  }
}

/** The columns that stay as they were when it was raised. */
export const fixedColumns = (
  incident: Incident,
  { id, livemode, account }: Pick<Stream, 'id' | 'livemode' | 'account'>,
): Record<string, Value> => ({
  id: incident.id,
  stream: id,
  detector: incident.detector,
  fingerprint: incident.fingerprint,
  origin: incident.origin,
  livemode,
  account,
  detectedAt: toDate(incident.detectedAt),
  series: JSON.stringify(incident.series),
})

/** The columns that each batch may change. @param wall wall clock of the batch */
export const changingColumns = (incident: Incident, wall: Date): Record<string, Value> => ({
  severity: SEVERITIES.indexOf(incident.severity),
  status: incident.status,
  confidence: incident.confidence,
  title: incident.title,
  message: incident.message,
  advice: incident.advice,
  startedAt: toDate(incident.startedAt),
  lastSeenAt: toDate(incident.lastSeenAt),
  endedAt: incident.endedAt === null ? null : toDate(incident.endedAt),
  updatedAt: wall,
  occurrences: incident.occurrences,
  customerId: incident.customer,
  impactAmount: incident.impact === null ? null : clamped(incident.impact.amount),
  impactCurrency: incident.impact?.currency ?? null,
  subjects: JSON.stringify(incident.subjects),
  evidence: JSON.stringify(incident.evidence),
  folding: JSON.stringify(incident.grouping),
  endsAt: incident.endsAt,
  resolvedAt: incident.resolvedAt,
  resolvedBy: incident.resolvedBy === null ? null : JSON.stringify(incident.resolvedBy),
  searchText: searchText(incident),
})

/** What a search for words looks through. */
export const searchText = ({ title, message, note }: Pick<Incident, 'title' | 'message' | 'note'>): string =>
  [title, message, note ?? ''].join('\n').toLowerCase()

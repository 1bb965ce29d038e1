import { measurementJson } from '../anomalies/json.ts'
import type { Amount } from '../detection/detector.ts'
import type { RaisedIncident } from '../detection/engine/forgetful.ts'
import type { Incident } from '../detection/engine/incident.ts'
import { seriesUnitOf } from '../detection/registry.ts'
import { dashboardUrl } from '../stripe/links.ts'
import { decimal, format } from '../stripe/money.ts'
import { type Seconds, toDate } from '../time.ts'

/**
 * An incident of a dry replay under the names of GraphQL's `Anomaly`, without events, activity and series.
 * @param wall when it was replayed
 * @param all the incidents of that replay, among which are those related to it
 */
export const incidentView = (
  { incident, stream: { livemode, account } }: RaisedIncident,
  wall: Date,
  all: readonly RaisedIncident[] = [],
) => ({
  id: incident.id,
  detector: incident.detector,
  severity: incident.severity,
  status: incident.status,
  origin: incident.origin,
  livemode,
  account,
  confidence: incident.confidence,
  title: incident.title,
  message: incident.message,
  advice: incident.advice,
  startedAt: iso(incident.startedAt),
  detectedAt: iso(incident.detectedAt),
  lastSeenAt: iso(incident.lastSeenAt),
  endedAt: incident.endedAt === null ? null : iso(incident.endedAt),
  createdAt: wall.toISOString(),
  updatedAt: wall.toISOString(),
  occurrences: incident.occurrences,
  customerId: incident.customer,
  impact: incident.impact && money(incident.impact),
  subjects: incident.subjects.map(({ type, id }) => ({
    type,
    stripeId: id,
    url: dashboardUrl(type, id, { account: account ?? undefined, livemode }) ?? null,
  })),
  evidence: incident.evidence.map(measurementJson),
  acknowledgedAt: null,
  acknowledgedBy: null,
  resolvedAt: incident.resolvedAt?.toISOString() ?? null,
  resolvedBy: incident.resolvedBy,
  falsePositiveReason: null,
  note: null,
  snoozedUntil: null,
  snoozedUntilItGrows: false,
  seriesUnit: seriesUnitOf(incident.detector, incident.series),
  seriesCurrency: null,
  related: relatedTo(incident, all),
})

/** What explains the incident, and what it explains. */
const relatedTo = (one: Incident, all: readonly RaisedIncident[]) =>
  all
    .map(({ incident }) => incident)
    .filter(
      ({ id, grouping }) =>
        one.grouping.causes?.includes(id) === true || grouping.causes?.includes(one.id) === true,
    )
    .map(({ id, detector, severity, title, impact }) => ({
      id,
      detector,
      severity,
      title,
      impact: impact && money(impact),
    }))

const iso = (at: Seconds): string => toDate(at).toISOString()

const money = ({ amount, currency }: Amount) => ({
  amount,
  currency: currency.toUpperCase(),
  decimal: decimal(amount, currency),
  formatted: format(amount, currency),
})

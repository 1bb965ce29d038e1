import { type Measurement, SEVERITIES } from '../detection/detector.ts'
import { seriesUnitOf } from '../detection/registry.ts'
import type { Anomaly } from '../generated/sqlite/client.ts'
import { readActor, readEvidence, readSeries, readSubjects } from '../storage/anomaly-columns.ts'
import { dashboardUrl } from '../stripe/links.ts'
import { clamped, decimal, format } from '../stripe/money.ts'

/** Subjects that are named where nobody says how many. */
const FIRST_SUBJECTS = 20

/** Anomalies of the same cause. */
export type Related = Pick<
  Anomaly,
  'id' | 'detector' | 'severity' | 'title' | 'impactAmount' | 'impactCurrency'
>

/**
 * An anomaly under the names of GraphQL's `Anomaly`, for those who read it as JSON elsewhere: without events, activity,
 * series and alerts, with the first 20 subjects.
 */
export type AnomalyJson = ReturnType<typeof anomalyJson>

export const anomalyJson = (row: Anomaly, related: readonly Related[]) => ({
  id: row.id,
  detector: row.detector,
  severity: severityOf(row),
  status: row.status,
  origin: row.origin,
  livemode: row.livemode,
  account: row.account,
  confidence: row.confidence,
  title: row.title,
  message: row.message,
  advice: row.advice,
  startedAt: row.startedAt.toISOString(),
  detectedAt: row.detectedAt.toISOString(),
  lastSeenAt: row.lastSeenAt.toISOString(),
  endedAt: iso(row.endedAt),
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  occurrences: row.occurrences,
  customerId: row.customerId,
  impact: moneyJson(row.impactAmount, row.impactCurrency),
  subjects: readSubjects(row.subjects)
    .slice(0, FIRST_SUBJECTS)
    .map(({ type, id }) => ({
      type,
      stripeId: id,
      url: dashboardUrl(type, id, { account: row.account ?? undefined, livemode: row.livemode }) ?? null,
    })),
  evidence: readEvidence(row.evidence).map(measurementJson),
  acknowledgedAt: iso(row.acknowledgedAt),
  acknowledgedBy: readActor(row.acknowledgedBy),
  resolvedAt: iso(row.resolvedAt),
  resolvedBy: readActor(row.resolvedBy),
  falsePositiveReason: row.falsePositiveReason,
  note: row.note,
  snoozedUntil: iso(row.snoozedUntil),
  snoozedUntilItGrows: row.snoozedSize !== null,
  seriesUnit: seriesUnitOf(row.detector, readSeries(row.series)),
  seriesCurrency: null,
  related: related.map((one) => ({
    id: one.id,
    detector: one.detector,
    severity: severityOf(one),
    title: one.title,
    impact: moneyJson(one.impactAmount, one.impactCurrency),
  })),
})

const severityOf = ({ severity }: Pick<Anomaly, 'severity'>) => SEVERITIES[severity] ?? 'LOW'

const iso = (at: Date | null): string | null => at?.toISOString() ?? null

function moneyJson(amount: bigint | null, currency: string | null) {
  if (amount === null || currency === null) return null
  const whole = clamped(amount)
  return {
    amount: Number(whole),
    currency: currency.toUpperCase(),
    decimal: decimal(whole, currency),
    formatted: format(whole, currency),
  }
}

/** An amount of a measurement for people; null for what is no money. */
export const measured = (
  { unit, currency }: Measurement,
  amount: number | null | undefined,
): string | null =>
  unit === 'MONEY' && currency && amount !== null && amount !== undefined
    ? format(clamped(amount), currency)
    : null

export const measurementJson = (measurement: Measurement) => {
  const { name, observed, expected, threshold, unit, currency } = measurement
  return {
    name,
    observed,
    expected: expected ?? null,
    threshold: threshold ?? null,
    unit,
    currency: currency?.toUpperCase() ?? null,
    observedFormatted: measured(measurement, observed),
    expectedFormatted: measured(measurement, expected),
    thresholdFormatted: measured(measurement, threshold),
  }
}

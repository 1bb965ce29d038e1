import { DETECTOR_NAMES, type DetectorName, SEVERITIES, type Severity } from '../detection/detector.ts'
import { type AnomalyStatus, STATUSES } from '../detection/engine/incident.ts'
import { type AnomalyGroup, countGroups } from '../storage/anomaly-counts.ts'
import type { Reading } from '../storage/reading.ts'
import { type AnomalyFilter, whereOf } from './filter.ts'

export interface AnomalyCounts {
  total: number
  byStatus: { status: AnomalyStatus; count: number }[]
  byDetector: { detector: DetectorName; count: number }[]
  bySeverity: { severity: Severity; count: number }[]
  /** Money at risk by currency, in lower case, in alphabetical order. */
  atStake: { amount: bigint; currency: string }[]
}

/** How many anomalies a filter lets through, in all ways at once. @throws PublicError BAD_USER_INPUT */
export async function countAll(scope: Reading, filter: AnomalyFilter): Promise<AnomalyCounts> {
  const groups = await countGroups(scope, await whereOf(scope, filter))
  const countOf = (wanted: (group: AnomalyGroup) => boolean): number =>
    groups.filter(wanted).reduce((sum, { count }) => sum + count, 0)
  const sums = new Map<string, bigint>()
  for (const { currency, amount } of groups)
    if (currency !== null) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  return {
    total: countOf(() => true),
    byStatus: STATUSES.map((status) => ({ status, count: countOf((group) => group.status === status) })),
    byDetector: DETECTOR_NAMES.map((detector) => ({
      detector,
      count: countOf((group) => group.detector === detector),
    })),
    bySeverity: SEVERITIES.map((severity, at) => ({
      severity,
      count: countOf((group) => group.severity === at),
    })),
    atStake: [...sums]
      .map(([currency, amount]) => ({ amount, currency }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  }
}

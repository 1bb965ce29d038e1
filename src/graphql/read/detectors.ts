import { type AnyDetector, SEVERITIES, type Severity } from '../../detection/detector.ts'
import { type DetectorChoice, UNTOUCHED } from '../../detection/engine/choices.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { readChoices } from '../../tenancy/detector-choices.ts'

/** A detector with one tenant's settings. */
export interface DetectorView {
  tenantId: string
  detector: AnyDetector
  choice: DetectorChoice
}

export const viewOf = (tenantId: string, detector: AnyDetector, choice = UNTOUCHED): DetectorView => ({
  tenantId,
  detector,
  choice,
})

export async function readDetectors(
  scope: Scope,
  detectors: readonly AnyDetector[],
): Promise<DetectorView[]> {
  const choices = await readChoices(scope)
  return detectors.map((detector) => viewOf(scope.tenantId, detector, choices.get(detector.name)))
}

export interface DetectorStats {
  anomalies: number
  falsePositives: number
  bySeverity: { severity: Severity; count: number }[]
}

/** The detector's anomalies that were detected since then, every severity listed. */
export async function readStats(
  { db, tenantId }: Scope,
  detector: string,
  since: Date,
): Promise<DetectorStats> {
  const groups = await db.anomaly.groupBy({
    by: ['severity', 'status'],
    where: { tenantId, detector, detectedAt: { gte: since } },
    _count: { _all: true },
  })
  const sum = (wanted: (group: (typeof groups)[number]) => boolean) =>
    groups.filter(wanted).reduce((total, { _count }) => total + _count._all, 0)
  return {
    anomalies: sum(() => true),
    falsePositives: sum(({ status }) => status === 'FALSE_POSITIVE'),
    bySeverity: SEVERITIES.map((severity, index) => ({
      severity,
      count: sum((group) => group.severity === index),
    })),
  }
}

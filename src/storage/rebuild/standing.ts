import type { Incident } from '../../detection/engine/incident.ts'
import { type Seconds, toDate } from '../../time.ts'
import { toIncident } from '../detection/incident-row.ts'
import { flag, nullableDate, type Reader } from '../sql.ts'

/** An anomaly as it is recorded, beside what a rebuild finds. */
export interface StandingAnomaly {
  incident: Incident
  stream: string
  /** Whether a person has done anything with it. */
  touched: boolean
  /** Since when a rebuild no longer finds it. */
  goneAt: Date | null
}

/** A stream's anomalies that these detectors have raised. @param since event time at which they were detected */
export async function standingAnomalies(
  sql: Reader,
  tenantId: string,
  stream: string,
  detectors: readonly string[],
  since: Seconds,
): Promise<StandingAnomaly[]> {
  const rows = await sql.all(
    `SELECT a.*, EXISTS (SELECT 1 FROM "Activity" x WHERE x."tenantId" = a."tenantId" AND x."anomalyId" = a."id"
       AND x."actorKind" <> 'SYSTEM') AS "touched"
     FROM "Anomaly" a WHERE a."tenantId" = ? AND a."stream" = ? AND a."detectedAt" >= ?
       AND a."detector" IN (${detectors.map(() => '?').join(', ')}) ORDER BY a."seq"`,
    [tenantId, stream, toDate(since), ...detectors],
  )
  return rows.flatMap((row) => {
    const incident = toIncident(row)
    if (incident === undefined) return []
    return [{ incident, stream, touched: flag(row['touched']), goneAt: nullableDate(row['goneAt']) }]
  })
}

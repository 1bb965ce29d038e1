import type { Incident } from '../../detection/engine/incident.ts'
import { type Placed, pairUp } from '../../detection/engine/pairing.ts'
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

/** The recorded anomaly of the same incident. @returns its id; undefined: there is none */
export async function recordedLike(sql: Reader, tenantId: string, like: Placed): Promise<string | undefined> {
  const rows = await sql.all(
    'SELECT * FROM "Anomaly" WHERE "tenantId" = ? AND "stream" = ? AND "detector" = ? AND "fingerprint" = ?',
    [tenantId, like.stream, like.incident.detector, like.incident.fingerprint],
  )
  const recorded = rows
    .flatMap((row) => toIncident(row) ?? [])
    .map((incident) => ({ incident, stream: like.stream }))
  const [pair] = pairUp([like], recorded).pairs
  return pair?.[1].incident.id
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

import { SERVED } from './served.ts'
import { date, integer, type SystemSql, text } from './sql.ts'

/** What goes on at a tenant now. */
export interface GoingOn {
  tenantId: string
  detector: string
  startedAt: Date
}

/** Live anomalies of all served tenants that were detected since a time, have not ended and were not decided about. */
export async function goingOn(sql: SystemSql, since: Date): Promise<GoingOn[]> {
  const rows = await sql.all(
    `SELECT a."tenantId", a."detector", a."startedAt" FROM "Anomaly" a JOIN "Tenant" t ON t."id" = a."tenantId"
     WHERE a."detectedAt" >= ? AND a."endedAt" IS NULL AND a."origin" = 'LIVE' AND a."livemode" = ?
       AND a."status" IN ('OPEN', 'ACKNOWLEDGED') AND ${SERVED}`,
    [since, true],
  )
  return rows.map((row) => ({
    tenantId: text(row['tenantId']),
    detector: text(row['detector']),
    startedAt: date(row['startedAt']),
  }))
}

/** How many served tenants have had a delivery since a time. */
export async function countActive(sql: SystemSql, since: Date): Promise<number> {
  const [row] = await sql.all(
    `SELECT COUNT(DISTINCT e."tenantId") AS "count" FROM "WebhookEndpoint" e
     JOIN "Tenant" t ON t."id" = e."tenantId" WHERE e."lastDeliveryAt" >= ? AND ${SERVED}`,
    [since],
  )
  return integer(row?.['count'])
}

/** How many anomalies of each severity wait for somebody, by tenant: open, and not snoozed. */
export async function openBySeverity(sql: SystemSql): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await sql.all(
    `SELECT "tenantId", "severity", COUNT(*) AS "count" FROM "Anomaly"
     WHERE "status" = 'OPEN' AND "snoozedUntil" IS NULL AND "snoozedSize" IS NULL
     GROUP BY "tenantId", "severity"`,
  )
  const found = new Map<string, number[]>()
  for (const row of rows) {
    const counts = found.get(text(row['tenantId'])) ?? [0, 0, 0, 0]
    counts[integer(row['severity'])] = integer(row['count'])
    found.set(text(row['tenantId']), counts)
  }
  return found
}

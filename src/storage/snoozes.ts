import { type SystemSql, text } from './sql.ts'

/** Anomalies of served tenants, whose snooze was over at this time, the longest over first. */
export async function overdueSnoozes(
  sql: SystemSql,
  now: Date,
  limit: number,
): Promise<{ tenantId: string; id: string }[]> {
  const rows = await sql.all(
    `SELECT a."tenantId", a."id" FROM "Anomaly" a JOIN "Tenant" t ON t."id" = a."tenantId"
     WHERE a."snoozedUntil" IS NOT NULL AND a."snoozedUntil" <= ? AND t."deletedAt" IS NULL AND t."moving" IS NULL
     ORDER BY a."snoozedUntil" LIMIT ${limit}`,
    [now],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

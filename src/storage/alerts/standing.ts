import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { date, integer, nullableDate, type Sql, text } from '../sql.ts'

/** How alerts stand, of all tenants, by kind of channel. */
export interface AlertsStanding {
  kind: string
  /** Due and not delivered, or tried in vain and to be tried again, on channels that are in use. */
  waiting: number
  /** When the oldest of these was due, or first tried: a retry moves when it is due. */
  oldestDue: Date | undefined
  disabledChannels: number
}

/** What waits of all tenants is found by its state; what was sent, which is most of the table, is not read. */
export async function alertsStanding({ sql }: Database, now: Date): Promise<AlertsStanding[]> {
  const rows = await sql.all(
    `SELECT c."kind", COALESCE(SUM("due"."count"), 0) AS "waiting", MIN("due"."oldest") AS "oldest",
       SUM(CASE WHEN c."state" = 'DISABLED' THEN 1 ELSE 0 END) AS "disabled"
     FROM "AlertChannel" c JOIN "Tenant" t ON t."id" = c."tenantId" LEFT JOIN (
       SELECT d."tenantId", d."channelId", COUNT(*) AS "count",
         MIN(COALESCE(d."firstAttemptAt", d."dueAt")) AS "oldest" FROM "AlertDelivery" d
       WHERE d."state" = 'WAITING' AND COALESCE(d."firstAttemptAt", d."dueAt") <= ? AND d."held" = ?
       GROUP BY d."tenantId", d."channelId"
     ) AS "due" ON "due"."tenantId" = c."tenantId" AND "due"."channelId" = c."id" AND c."state" = 'ACTIVE'
     WHERE ${SERVED}
     GROUP BY c."kind"`,
    [now, false],
  )
  return rows.map((row) => ({
    kind: text(row['kind']),
    waiting: integer(row['waiting']),
    oldestDue: nullableDate(row['oldest']) ?? undefined,
    disabledChannels: integer(row['disabled']),
  }))
}

/** A channel that does not deliver, and since when. */
export interface TroubledChannel {
  tenantId: string
  channelId: string
  name: string
  kind: string
  state: string
  reason: string | null
  failingSince: Date | null
}

/** Channels that are disabled, or have failed since before a time. */
export async function troubledChannels(sql: Sql, before: Date, limit: number): Promise<TroubledChannel[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id", c."name", c."kind", c."state", c."reason", c."failingSince"
     FROM "AlertChannel" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE ${SERVED}
       AND (c."state" = 'DISABLED' OR (c."state" = 'ACTIVE' AND c."failingSince" < ?))
     ORDER BY c."failingSince" LIMIT ${limit}`,
    [before],
  )
  return rows.map((row) => ({
    tenantId: text(row['tenantId']),
    channelId: text(row['id']),
    name: text(row['name']),
    kind: text(row['kind']),
    state: text(row['state']),
    reason: row['reason'] === null ? null : text(row['reason']),
    failingSince: row['failingSince'] === null ? null : date(row['failingSince']),
  }))
}

/** Leases that a process left behind; only where no other process can have them. */
export async function dropLeases({ prisma }: Database): Promise<void> {
  await prisma.alertChannel.updateMany({
    where: { leaseHolder: { not: null } },
    data: { leaseHolder: null, leaseUntil: null },
  })
}

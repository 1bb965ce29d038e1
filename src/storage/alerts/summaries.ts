import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { text } from '../sql.ts'
import type { ChannelKey } from './due.ts'

/** Channels in use that sum up each week, and whose time has come or is not known yet. */
export async function channelsToSumUp({ sql }: Database, now: Date, limit: number): Promise<ChannelKey[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" FROM "AlertChannel" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE c."state" = 'ACTIVE' AND (c."summaryAt" IS NULL OR c."summaryAt" <= ?)
       AND c."schedule" LIKE '%"weeklySummary":true%'
       AND ${SERVED} LIMIT ${limit}`,
    [now],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), channelId: text(row['id']) }))
}

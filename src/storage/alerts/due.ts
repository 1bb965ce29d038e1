import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { text } from '../sql.ts'

export interface ChannelKey {
  tenantId: string
  channelId: string
}

/** Channels for which the feed of their tenant has new acts of these kinds. */
export async function channelsBehind(
  { sql }: Database,
  kinds: readonly string[],
  limit: number,
): Promise<ChannelKey[]> {
  // Most numbers of a busy tenant's feed are growth without an act: nothing has to be written for those.
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" FROM "AlertChannel" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE c."cursor" < t."seq" AND ${SERVED} AND EXISTS (
       SELECT 1 FROM "Activity" a WHERE a."tenantId" = c."tenantId" AND a."seq" > c."cursor"
         AND a."kind" IN (${kinds.map(() => '?').join(', ')})
     ) LIMIT ${limit}`,
    [...kinds],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), channelId: text(row['id']) }))
}

/**
 * What may be sent of the deliveries `d`; binds the time and twice false. Messages of one conversation keep their order:
 * one waits until those before it are delivered, superseded or given up. Members of a digest go with it.
 */
export const SENDABLE = `d."state" = 'WAITING' AND d."dueAt" <= ? AND d."held" = ? AND d."digestId" IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM "AlertDelivery" e
    WHERE e."tenantId" = d."tenantId" AND e."channelId" = d."channelId" AND e."conversationId" = d."conversationId"
      AND e."seq" < d."seq" AND e."state" = 'WAITING' AND e."held" = ?
  )`

export interface DueChannel extends ChannelKey {
  /** Its last attempts failed. */
  isFailing: boolean
}

/** Channels on which something is due and nobody sends, the longest due first. */
export async function dueChannels({ sql }: Database, now: Date, limit: number): Promise<DueChannel[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id", c."failingSince" FROM "AlertChannel" c
     JOIN "Tenant" t ON t."id" = c."tenantId"
     JOIN (
       SELECT d."tenantId", d."channelId", MIN(d."dueAt") AS "dueAt" FROM "AlertDelivery" d
       WHERE ${SENDABLE}
       GROUP BY d."tenantId", d."channelId"
     ) AS "due" ON "due"."tenantId" = c."tenantId" AND "due"."channelId" = c."id"
     WHERE c."state" = 'ACTIVE' AND (c."leaseUntil" IS NULL OR c."leaseUntil" <= ?)
       AND (c."notBefore" IS NULL OR c."notBefore" <= ?) AND ${SERVED}
     ORDER BY "due"."dueAt" LIMIT ${limit}`,
    [now, false, false, now, now],
  )
  return rows.map((row) => ({
    tenantId: text(row['tenantId']),
    channelId: text(row['id']),
    isFailing: row['failingSince'] !== null,
  }))
}

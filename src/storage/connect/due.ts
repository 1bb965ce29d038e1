import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { date, integer, type SystemSql, text } from '../sql.ts'

export interface ConnectionKey {
  tenantId: string
  id: string
}

/** Of tenants that are served. */
const SERVED_CONNECTIONS = `FROM "StripeConnection" c JOIN "Tenant" t ON t."id" = c."tenantId"
  WHERE ${SERVED} AND c."reconcileAt" IS NOT NULL`

/** Connections that are to be compared now, those that wait longest first; not those that somebody works on. */
export async function dueConnections(sql: SystemSql, now: Date, limit: number): Promise<ConnectionKey[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" ${SERVED_CONNECTIONS} AND c."reconcileAt" <= ?
     AND (c."leaseUntil" IS NULL OR c."leaseUntil" < ?) ORDER BY c."reconcileAt" LIMIT ${limit}`,
    [now, now],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

/** Connections of which nothing was proven since a moment. */
export async function unprovenSince(sql: SystemSql, since: Date, limit: number): Promise<ConnectionKey[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" ${SERVED_CONNECTIONS} AND c."through" < ? AND c."state" <> 'REVOKED' ORDER BY c."through" LIMIT ${limit}`,
    [since],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

/** Connections that are not due, of endpoints that have had no delivery since a moment, and are not proven since either. */
export async function quietConnections(
  sql: SystemSql,
  { now, deliveredBefore, provenBefore }: { now: Date; deliveredBefore: Date; provenBefore: Date },
  limit: number,
): Promise<ConnectionKey[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" FROM "StripeConnection" c
     JOIN "Tenant" t ON t."id" = c."tenantId"
     JOIN "WebhookEndpoint" e ON e."tenantId" = c."tenantId" AND e."id" = c."endpointId"
     WHERE ${SERVED} AND c."reconcileAt" > ? AND c."state" <> 'REVOKED'
     AND c."through" < ? AND e."lastDeliveryAt" < ? ORDER BY c."through" LIMIT ${limit}`,
    [now, provenBefore, deliveredBefore],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

export interface ConnectionsNow {
  /** How many there are, by state. */
  byState: ReadonlyMap<string, number>
  /** Up to when all of them are proven; undefined: there is none. */
  oldestThrough: Date | undefined
}

export async function connectionsNow({ sql }: Pick<Database, 'sql'>): Promise<ConnectionsNow> {
  const rows = await sql.all(
    `SELECT c."state", COUNT(*) AS "count", MIN(c."through") AS "oldest" ${SERVED_CONNECTIONS} GROUP BY c."state"`,
  )
  const oldest = rows.flatMap((row) => (row['oldest'] === null ? [] : date(row['oldest'])))
  return {
    byState: new Map(rows.map((row) => [text(row['state']), integer(row['count'])])),
    oldestThrough:
      oldest.length === 0 ? undefined : oldest.reduce((least, one) => (one < least ? one : least)),
  }
}

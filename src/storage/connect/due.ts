import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { date, integer, type SystemSql, text, type Value } from '../sql.ts'

export interface ConnectionKey {
  tenantId: string
  id: string
}

/** Connections of tenants that are served for which a condition holds. @param which the condition and what follows it */
async function served(sql: SystemSql, which: string, params: readonly Value[]): Promise<ConnectionKey[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" FROM "StripeConnection" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE ${SERVED} AND ${which}`,
    params,
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

/**
 * Those whose past is not fetched and judged yet. Where Stripe has refused the key they wait until it was not tried since a
 * moment.
 */
export const waitingImports = (sql: SystemSql, triedBefore: Date): Promise<ConnectionKey[]> =>
  served(
    sql,
    `c."reconcileAt" IS NULL
     AND EXISTS (SELECT 1 FROM "ImportJob" j WHERE j."tenantId" = c."tenantId" AND j."connectionId" = c."id")
     AND (c."probedAt" <= ? OR NOT EXISTS (SELECT 1 FROM "ImportJob" j
       WHERE j."tenantId" = c."tenantId" AND j."connectionId" = c."id" AND j."state" = 'FAILED'))
     ORDER BY c."createdAt" LIMIT 100`,
    [triedBefore],
  )

/** Those that are to be compared now, the ones that wait longest first; not those that somebody works on. */
export const dueConnections = (sql: SystemSql, now: Date, limit: number): Promise<ConnectionKey[]> =>
  served(
    sql,
    `c."reconcileAt" <= ? AND (c."leaseUntil" IS NULL OR c."leaseUntil" < ?)
     ORDER BY c."reconcileAt" LIMIT ${limit}`,
    [now, now],
  )

/** Those of which nothing was proven since a moment. */
export const unprovenSince = (sql: SystemSql, since: Date, limit: number): Promise<ConnectionKey[]> =>
  served(
    sql,
    `c."reconcileAt" IS NOT NULL AND c."through" < ? AND c."state" <> 'REVOKED'
     ORDER BY c."through" LIMIT ${limit}`,
    [since],
  )

/** Those that are not due, of endpoints that have had no delivery since a moment, and are not proven since either. */
export const quietConnections = (
  sql: SystemSql,
  { now, deliveredBefore, provenBefore }: { now: Date; deliveredBefore: Date; provenBefore: Date },
  limit: number,
): Promise<ConnectionKey[]> =>
  served(
    sql,
    `c."reconcileAt" > ? AND c."state" <> 'REVOKED' AND c."through" < ?
     AND EXISTS (SELECT 1 FROM "WebhookEndpoint" e
       WHERE e."tenantId" = c."tenantId" AND e."id" = c."endpointId" AND e."lastDeliveryAt" < ?) ORDER BY c."through" LIMIT ${limit}`,
    [now, provenBefore, deliveredBefore],
  )

export interface ConnectionsNow {
  /** How many there are, by state. */
  byState: ReadonlyMap<string, number>
  /** Up to when all of them are proven; undefined: there is none. */
  oldestThrough: Date | undefined
}

export async function connectionsNow({ sql }: Pick<Database, 'sql'>): Promise<ConnectionsNow> {
  const rows = await sql.all(
    `SELECT c."state", COUNT(*) AS "count", MIN(c."through") AS "oldest"
     FROM "StripeConnection" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE ${SERVED} AND c."reconcileAt" IS NOT NULL GROUP BY c."state"`,
  )
  const oldest = rows.flatMap((row) => (row['oldest'] === null ? [] : date(row['oldest'])))
  return {
    byState: new Map(rows.map((row) => [text(row['state']), integer(row['count'])])),
    oldestThrough:
      oldest.length === 0 ? undefined : oldest.reduce((least, one) => (one < least ? one : least)),
  }
}

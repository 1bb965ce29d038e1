import { z } from 'zod'
import type { Database } from '../database.ts'
import type { Scope } from '../scope/scope.ts'
import { SERVED } from '../served.ts'
import { date, integer, nullableDate, type SystemSql, text } from '../sql.ts'

/**
 * When the event came that has waited longest to be judged, of all tenants that are served.
 * @returns undefined when none waits
 */
export async function oldestWaiting({ sql }: Database, now: Date): Promise<Date | undefined> {
  // Timers that lie ahead are many, and none of them is looked at.
  const [row] = await sql.all(
    `SELECT w."dueAt" FROM "Wake" w JOIN "Tenant" t ON t."id" = w."tenantId"
     WHERE w."events" <> '[]' AND w."dueAt" <= ? AND ${SERVED}
     ORDER BY w."dueAt" LIMIT 1`,
    [now],
  )
  return row && date(row['dueAt'])
}

/**
 * Of how many tenants that are served events wait to be judged, and since when the first of them.
 * @returns undefined when none waits
 */
export async function waitingTenants(
  sql: SystemSql,
  now: Date,
): Promise<{ tenants: number; since: Date } | undefined> {
  const [row] = await sql.all(
    `SELECT COUNT(DISTINCT w."tenantId") AS "tenants", MIN(w."dueAt") AS "since"
     FROM "Wake" w JOIN "Tenant" t ON t."id" = w."tenantId"
     WHERE w."events" <> '[]' AND w."dueAt" <= ? AND ${SERVED}`,
    [now],
  )
  const since = nullableDate(row?.['since'] ?? null)
  return since === null ? undefined : { tenants: integer(row?.['tenants']), since }
}

/** A tenant whose events are not judged, since when, and how often judging it has failed in a row. */
export interface Stuck {
  tenantId: string
  name: string
  since: Date
  failures: number
}

/** Tenants that are served and have had an event, or a timer that was due, waiting since before a time; the longest first. */
export async function stuckTenants(sql: SystemSql, before: Date, limit: number): Promise<Stuck[]> {
  const rows = await sql.all(
    `SELECT t."id", t."name", c."failures", MIN(w."dueAt") AS "since"
     FROM "Wake" w JOIN "Tenant" t ON t."id" = w."tenantId" JOIN "Claim" c ON c."tenantId" = w."tenantId"
     WHERE w."dueAt" < ? AND ${SERVED}
     GROUP BY t."id", t."name", c."failures" ORDER BY "since" LIMIT ${limit}`,
    [before],
  )
  return rows.map((row) => ({
    tenantId: text(row['id']),
    name: text(row['name']),
    since: date(row['since']),
    failures: integer(row['failures']),
  }))
}

/** Work of one tenant that is looked at; more than this is a backlog in any case. */
const MOST_WAKES = 1_000

/** How many of a tenant's events wait to be judged, and since when the first of them; null when none does. */
export async function waitingOf({
  sql,
  tenantId,
}: Pick<Scope, 'sql' | 'tenantId'>): Promise<{ events: number; since: Date | null }> {
  const rows = await sql.all(
    `SELECT "events", "dueAt" FROM "Wake" WHERE "tenantId" = ? AND "events" <> '[]' ORDER BY "dueAt" LIMIT ${MOST_WAKES}`,
    [tenantId],
  )
  const counts = rows.map((row) => z.array(z.unknown()).parse(JSON.parse(text(row['events']))).length)
  const [first] = rows
  return { events: counts.reduce((sum, count) => sum + count, 0), since: first ? date(first['dueAt']) : null }
}

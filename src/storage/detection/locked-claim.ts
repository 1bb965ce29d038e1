import type { Database } from '../database.ts'
import { type Reader, type Row, type Transaction, text } from '../sql.ts'
import type { JudgedWork, Recorded } from './claims.ts'
import { type ReadyTenant, readyTenants } from './due-tenants.ts'
import { recordTenant } from './recording.ts'
import type { Taken, TenantWakes } from './taken.ts'
import { EVENTS_OF_ONE, readWakes } from './wakes.ts'

/**
 * On PostgreSQL a claim is a row lock in the very transaction that stores the result: a process that dies gives its
 * tenants back at once, and nobody waits for those that another process has.
 */
export async function takeLocked(
  database: Database,
  tenantIds: readonly string[],
  now: Date,
): Promise<Taken> {
  const tx = await database.begin('judging')
  // What failed is worth more than a failure on the way back, and a lost connection gives the locks back, too.
  const release = () => tx.rollback().catch(() => {})
  try {
    return {
      ready: await readyTenants(tx, tenantIds, now, 'FOR UPDATE OF c SKIP LOCKED'),
      readerOf: (tenantId) => boundTo(tx, tenantId),
      wakesOf: (tenants) => wakesOf(tx, tenants, now),
      record: (judged) => recordLocked(tx, judged, now),
      release,
    }
  } catch (error) {
    await release()
    throw error
  }
}

/** Several read over one connection by turns: what enters the tenant goes there with each statement, in one message. */
const boundTo = (tx: Transaction, tenantId: string): Reader => ({
  all: async (statement, values) => {
    const [, rows] = await Promise.all([tx.enter(tenantId), tx.all(statement, values)])
    return rows
  },
})

/** Of all tenants in one statement, which the system may: there is nothing in a wake but ids. */
async function wakesOf(tx: Transaction, tenants: readonly ReadyTenant[], now: Date): Promise<TenantWakes> {
  if (tenants.length === 0) return new Map()
  const rows = await tx.all(
    `SELECT t."id" AS "tenantId", w."id", w."events"
     FROM (VALUES ${tenants.map(() => '(?)').join(', ')}) AS t("id") CROSS JOIN LATERAL (
       (SELECT "id", "events" FROM "Wake" WHERE "tenantId" = t."id" AND "events" <> '[]' AND "dueAt" <= ?
        ORDER BY "dueAt", "id" LIMIT ${EVENTS_OF_ONE})
       UNION ALL
       SELECT "id", "events" FROM "Wake" WHERE "tenantId" = t."id" AND "events" = '[]' AND "dueAt" <= ?) AS w`,
    [...tenants.map(({ tenantId }) => tenantId), now, now],
  )
  const byTenant = new Map<string, Row[]>(tenants.map(({ tenantId }) => [tenantId, []]))
  for (const row of rows) byTenant.get(text(row['tenantId']))?.push(row)
  return new Map([...byTenant].map(([tenantId, own]) => [tenantId, readWakes(own)]))
}

async function recordLocked(tx: Transaction, judged: readonly JudgedWork[], now: Date): Promise<Recorded[]> {
  const recorded: Recorded[] = []
  for (const one of judged) recorded.push(await recordTenant(tx, one, now))
  await tx.commit()
  return recorded
}

import { randomUUID } from 'node:crypto'
import type { EventMark } from '../../detection/engine/memory.ts'
import { storable } from '../../stripe/read.ts'
import type { Database } from '../database.ts'
import { appendWake } from '../inbox.ts'
import { scopeTo } from '../scope/scope.ts'
import { date, type SystemSql, text } from '../sql.ts'
import { dueWakes } from './wakes.ts'

/** What the error of an event begins with whose judgement the database refused: nothing of it is stored. */
export const UNSAVED = 'could not be saved: '

const MAX_REASON = 1_000

/** Marks an event as failed, with what the database said. */
export async function markUnsaved(
  database: Database,
  tenantId: string,
  stripeId: string,
  { cause, now }: { cause: unknown; now: Date },
): Promise<EventMark> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const error = `${UNSAVED}${storable(reason)}`.slice(0, MAX_REASON)
  await database.sqlFor('judging').write(async (tx) => {
    await tx.enter(tenantId)
    await tx.run(
      `UPDATE "StripeEvent" SET "status" = 'FAILED', "processedAt" = ?, "error" = ?
       WHERE "tenantId" = ? AND "stripeId" = ? AND "status" = 'PENDING'`,
      [now, error, tenantId, stripeId],
    )
  })
  return { stripeId, status: 'FAILED', error, facts: [] }
}

const CHUNK = 400

/** The pending events of a tenant's wakes that are due, in the order in which they are judged. */
export async function waitingEvents(database: Database, tenantId: string, now: Date): Promise<string[]> {
  const { sql } = scopeTo(database, tenantId)
  const { stripeIds } = await dueWakes(sql, tenantId, now)
  const found: { id: string; order: string }[] = []
  for (let start = 0; start < stripeIds.length; start += CHUNK) {
    const part = stripeIds.slice(start, start + CHUNK)
    const rows = await sql.all(
      `SELECT "stripeId", "receivedAt", "createdAt" FROM "StripeEvent"
       WHERE "tenantId" = ? AND "status" = 'PENDING' AND "stripeId" IN (${part.map(() => '?').join(', ')})`,
      [tenantId, ...part],
    )
    for (const row of rows) {
      const id = text(row['stripeId'])
      found.push({ id, order: `${isoOf(row['receivedAt'])} ${isoOf(row['createdAt'])} ${id}` })
    }
  }
  return found.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ id }) => id)
}

const isoOf = (value: unknown): string => date(value).toISOString()

/** Events put back by one transaction. */
const BATCH = 500

/**
 * Puts the events of a tenant back to be judged whose judgement could not be saved: nothing of them was stored. What
 * a detector failed at is left alone, since the others have judged it. A tenant that waits after errors waits no more.
 * @returns how many there were
 */
export async function retryUnsaved(database: Database, tenantId: string, now: Date): Promise<number> {
  const sql = database.sqlFor('maintenance')
  await sql.write(async (tx) => {
    await tx.enter(tenantId)
    await tx.run('UPDATE "Claim" SET "failures" = 0, "retryAt" = NULL WHERE "tenantId" = ?', [tenantId])
  })
  let retried = 0
  for (let taken = BATCH; taken === BATCH; retried += taken) taken = await putBack(sql, tenantId, now)
  return retried
}

function putBack(sql: SystemSql, tenantId: string, now: Date): Promise<number> {
  return sql.write(async (tx) => {
    await tx.enter(tenantId)
    const rows = await tx.all(
      `SELECT "stripeId" FROM "StripeEvent"
       WHERE "tenantId" = ? AND "status" = 'FAILED' AND "error" LIKE ? ORDER BY "receivedAt", "stripeId" LIMIT ${BATCH}`,
      [tenantId, `${UNSAVED}%`],
    )
    if (rows.length === 0) return 0
    const ids = rows.map((row) => text(row['stripeId']))
    await tx.run(
      `UPDATE "StripeEvent" SET "status" = 'PENDING', "processedAt" = NULL, "error" = NULL
       WHERE "tenantId" = ? AND "stripeId" IN (${ids.map(() => '?').join(', ')})`,
      [tenantId, ...ids],
    )
    await appendWake(tx, tenantId, randomUUID(), now, ids)
    return ids.length
  })
}

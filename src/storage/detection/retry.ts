import { randomUUID } from 'node:crypto'
import type { Database } from '../database.ts'
import { appendWake } from '../inbox.ts'
import { type Sql, text } from '../sql.ts'
import { UNSAVED } from './narrowing.ts'

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

function putBack(sql: Sql, tenantId: string, now: Date): Promise<number> {
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

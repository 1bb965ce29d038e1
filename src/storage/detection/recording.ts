import { randomUUID } from 'node:crypto'
import { noteJudged } from '../rebuild/meanwhile.ts'
import { noteOutdated } from '../rebuild/outdated.ts'
import type { SystemWriter, Writer } from '../sql.ts'
import { type JudgedWork, type Recorded, ServingError, type TenantWork } from './claims.ts'
import { saveOutcome } from './saving.ts'

/**
 * All that came of one tenant's work, and that it is done. Its memory takes it over with it: whoever calls this lets go
 * of that memory when the transaction fails.
 */
export async function recordTenant(
  tx: SystemWriter,
  { work, outcome }: JudgedWork,
  now: Date,
): Promise<Recorded> {
  const { tenantId, version, rebuilding } = work
  try {
    work.memory.remembered.apply(outcome)
    // None waits for another, so that they go to a server in one message.
    const [, acts] = await Promise.all([
      tx.enter(tenantId),
      saveOutcome(tx, tenantId, outcome, now),
      finishWakes(tx, work),
      scheduleTimer(tx, work),
      rebuilding ? noteJudged(tx, tenantId, outcome, version + 1) : undefined,
      noteOutdated(tx, tenantId, outcome),
      tx.run(
        'UPDATE "Claim" SET "version" = ?, "failures" = 0, "retryAt" = NULL, "servedAt" = ? WHERE "tenantId" = ?',
        [version + 1, now, tenantId],
      ),
    ])
    return { tenantId, outcome, acts }
  } catch (error) {
    throw new ServingError(tenantId, error)
  }
}

async function finishWakes(tx: Writer, { tenantId, wakes }: TenantWork): Promise<void> {
  if (wakes.length === 0) return
  await tx.run(`DELETE FROM "Wake" WHERE "tenantId" = ? AND "id" IN (${wakes.map(() => '?').join(', ')})`, [
    tenantId,
    ...wakes,
  ])
}

/**
 * Leaves a wake for the tenant's next timer. One that is due sooner may stand: most events move a timer on, and a look
 * that finds nothing now and then costs less than moving the wake each time.
 */
async function scheduleTimer(
  tx: Writer,
  { tenantId, memory: { remembered }, rang }: TenantWork,
): Promise<void> {
  const standing = rang ? null : remembered.timer
  const timer = remembered.nextTimer()
  if (timer === undefined) {
    if (rang) remembered.timer = null
    return
  }
  if (standing !== null && standing !== undefined && standing <= timer) return
  remembered.timer = timer
  const others =
    standing === null
      ? undefined
      : tx.run(`DELETE FROM "Wake" WHERE "tenantId" = ? AND "events" = '[]'`, [tenantId])
  const insert = tx.insert({ table: 'Wake', columns: ['tenantId', 'id', 'dueAt', 'events'] }, [
    [tenantId, randomUUID(), timer, '[]'],
  ])
  await Promise.all([others, insert])
}

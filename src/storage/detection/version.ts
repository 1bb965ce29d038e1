import type { SystemClient } from '../database.ts'
import type { Writer } from '../sql.ts'

/**
 * Whatever but detection itself writes what detection remembers of a tenant (choices, place, streams, states,
 * anomalies) raises the version in the same transaction, before it writes. A process that remembers the tenant then
 * reads it anew, and one that is judging it judges again. On PostgreSQL the row is also the lock that a pass holds:
 * taking it first, as a pass does, nobody waits for each other.
 */
export async function raiseVersion(db: Pick<SystemClient, 'claim'>, tenantId: string): Promise<void> {
  await db.claim.updateMany({ where: { tenantId }, data: { version: { increment: 1 } } })
}

/** The same for raw statements. */
export async function raiseVersionIn(tx: Writer, tenantId: string): Promise<void> {
  await tx.run('UPDATE "Claim" SET "version" = "version" + 1 WHERE "tenantId" = ?', [tenantId])
}

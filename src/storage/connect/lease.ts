import type { Sql } from '../sql.ts'

export interface Lease {
  tenantId: string
  connectionId: string
  /** Names this process, see `processName`. */
  holder: string
  now: Date
  until: Date
}

/**
 * Takes or prolongs the right to work on a connection.
 * @param gone holders that are known to be dead
 * @returns whether it is held
 */
export async function takeLease(
  sql: Sql,
  { tenantId, connectionId, holder, now, until }: Lease,
  gone: readonly string[] = [],
): Promise<boolean> {
  const mine = [holder, ...gone]
  const changed = await sql.write((tx) =>
    tx.run(
      `UPDATE "StripeConnection" SET "leaseHolder" = ?, "leaseUntil" = ? WHERE "tenantId" = ? AND "id" = ?
       AND ("leaseUntil" IS NULL OR "leaseUntil" < ? OR "leaseHolder" IN (${mine.map(() => '?').join(', ')}))`,
      [holder, until, tenantId, connectionId, now, ...mine],
    ),
  )
  return changed > 0
}

export async function dropLease(
  sql: Sql,
  { tenantId, connectionId, holder }: Pick<Lease, 'tenantId' | 'connectionId' | 'holder'>,
): Promise<void> {
  await sql.write((tx) =>
    tx.run(
      'UPDATE "StripeConnection" SET "leaseHolder" = NULL, "leaseUntil" = NULL WHERE "tenantId" = ? AND "id" = ? AND "leaseHolder" = ?',
      [tenantId, connectionId, holder],
    ),
  )
}

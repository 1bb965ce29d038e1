import type { SystemSql, Value } from '../sql.ts'

export interface AlertRetention {
  alertsBefore: Date
  attemptsBefore: Date
  heldBefore: Date
}

/** What is over: rows that others refer to go after those. */
const STATEMENTS: readonly (readonly [text: string, before: keyof AlertRetention])[] = [
  [
    `UPDATE "AlertDelivery" SET "state" = 'FAILED', "held" = false, "why" = 'the channel was disabled for 14 days'
     WHERE "tenantId" = ? AND "state" = 'WAITING' AND "held" = true AND "createdAt" < ?`,
    'heldBefore',
  ],
  ['DELETE FROM "AlertAttempt" WHERE "tenantId" = ? AND "at" < ?', 'attemptsBefore'],
  ['DELETE FROM "AlertVerification" WHERE "tenantId" = ? AND "sentAt" < ?', 'attemptsBefore'],
  [
    `DELETE FROM "AlertDelivery" WHERE "tenantId" = ? AND "createdAt" < ? AND "state" <> 'WAITING'
     AND NOT EXISTS (SELECT 1 FROM "AlertAttempt" a WHERE a."tenantId" = "AlertDelivery"."tenantId" AND a."deliveryId" = "AlertDelivery"."id")`,
    'alertsBefore',
  ],
]

/** Lets go of the alerts of a tenant that are no longer kept. */
export async function tidyAlerts(sql: SystemSql, tenantId: string, retention: AlertRetention): Promise<void> {
  for (const [text, before] of STATEMENTS) {
    const values: Value[] = [tenantId, retention[before]]
    await sql.write(async (tx) => {
      await tx.enter(tenantId)
      await tx.run(text, values)
    })
  }
}

import type { Database } from '../database.ts'
import { integer } from '../sql.ts'

/** Lets a tenant whose work failed wait, longer each time, up to five minutes. */
export async function backOff(database: Database, tenantId: string, now: Date): Promise<void> {
  await database.sqlFor('judging').write(async (tx) => {
    await tx.enter(tenantId)
    const [row] = await tx.all('SELECT "failures" FROM "Claim" WHERE "tenantId" = ?', [tenantId])
    if (row === undefined) return
    const failures = integer(row['failures'])
    const retryAt = new Date(now.getTime() + Math.min(300, 2 ** failures) * 1_000)
    await tx.run('UPDATE "Claim" SET "failures" = ?, "retryAt" = ?, "servedAt" = ? WHERE "tenantId" = ?', [
      failures + 1,
      retryAt,
      now,
      tenantId,
    ])
  })
}

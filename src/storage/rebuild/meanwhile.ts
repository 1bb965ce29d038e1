import type { BatchOutcome } from '../../detection/engine/memory.ts'
import type { Writer } from '../sql.ts'

/**
 * While a rebuild runs, judging goes on, and notes what it judges in the same transaction: events of which each is either
 * among those that the rebuild found at its start, or here.
 * @param version of the tenant's claim from now on: it gives their order
 */
export async function noteJudged(
  tx: Writer,
  tenantId: string,
  { marks }: BatchOutcome,
  version: number,
): Promise<void> {
  await tx.insert(
    { table: 'JudgedMeanwhile', columns: ['tenantId', 'stripeId', 'version'], conflict: 'DO NOTHING' },
    marks.map(({ stripeId }) => [tenantId, stripeId, version]),
  )
}

/** These are judged by the rebuild, too, now. */
export async function forgetJudged(
  tx: Writer,
  tenantId: string,
  stripeIds: readonly string[],
): Promise<void> {
  if (stripeIds.length === 0) return
  await tx.run(
    `DELETE FROM "JudgedMeanwhile" WHERE "tenantId" = ? AND "stripeId" IN (${stripeIds.map(() => '?').join(', ')})`,
    [tenantId, ...stripeIds],
  )
}

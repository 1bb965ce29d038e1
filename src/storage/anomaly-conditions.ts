import type { Condition } from './reading.ts'
import type { Scope } from './scope/scope.ts'

/** Conditions on anomalies and on what belongs to them, beside those that `reading.ts` has for every table. */

/** Whether an anomaly is put off, until a time or until it grows. */
export const snoozed = (isSnoozed: boolean): Condition => ({
  text: isSnoozed
    ? '("snoozedUntil" IS NOT NULL OR "snoozedSize" IS NOT NULL)'
    : '("snoozedUntil" IS NULL AND "snoozedSize" IS NULL)',
  values: [],
})

/**
 * The rows that come first, in the order of recording, of each of these statuses and severities: a part of what meets
 * them that holds the first rows of all. The index on the two then finds a page in as many steps as it has rows; without
 * this, engines go through everything that was recorded until enough of it fits.
 * @param bounds on `seq`, and whatever else all of them must meet, as they stand in the whole condition
 */
export function firstOfEach(
  { tenantId }: Pick<Scope, 'tenantId'>,
  pairs: readonly (readonly [status: string, severity: number])[],
  { bounds, direction, take }: { bounds: readonly Condition[]; direction: 'ASC' | 'DESC'; take: number },
): Condition {
  const within = bounds.map(({ text }) => ` AND ${text}`).join('')
  const first = `SELECT "seq" FROM (SELECT "seq" FROM "Anomaly"
    WHERE "tenantId" = ? AND "status" = ? AND "severity" = ?${within}
    ORDER BY "seq" ${direction} LIMIT ?) AS "first"`
  const values = bounds.flatMap((bound) => bound.values)
  return {
    text: `"seq" IN (${pairs.map(() => first).join(' UNION ALL ')})`,
    values: pairs.flatMap(([status, severity]) => [tenantId, status, severity, ...values, take]),
  }
}

/** Events that are signs of an anomaly. */
export const signsOf = ({ tenantId }: Pick<Scope, 'tenantId'>, anomalyId: string): Condition => ({
  text: '"stripeId" IN (SELECT "stripeId" FROM "AnomalyEvent" WHERE "tenantId" = ? AND "anomalyId" = ?)',
  values: [tenantId, anomalyId],
})

/** Anomalies that explain one, and that it explains. */
export const relatedTo = ({ tenantId }: Pick<Scope, 'tenantId'>, id: string): Condition => ({
  text: `"id" IN (SELECT "causeId" FROM "AnomalyCause" WHERE "tenantId" = ? AND "anomalyId" = ?
    UNION SELECT "anomalyId" FROM "AnomalyCause" WHERE "tenantId" = ? AND "causeId" = ?)`,
  values: [tenantId, id, tenantId, id],
})

import { ANOMALIES, type Condition, inTenant, type Reading } from './reading.ts'
import { bigint, integer, nullableText, text } from './sql.ts'

/** Anomalies that are alike in these, counted. */
export interface AnomalyGroup {
  status: string
  severity: number
  detector: string
  /** Of their money at risk; null where none is known. */
  currency: string | null
  count: number
  amount: bigint
}

/** Sums are taken in two parts: of many that are as large as amounts can be, one would pass 64 bits. */
const PART = 1_000_000n

/** The tenant's anomalies that meet every condition, in groups. */
export async function countGroups(
  { sql, tenantId }: Reading,
  where: readonly Condition[],
): Promise<AnomalyGroup[]> {
  const { text: from, values } = inTenant(ANOMALIES, tenantId, where)
  const rows = await sql.all(
    `SELECT "status", "severity", "detector", "impactCurrency", COUNT(*) AS "count",
       COALESCE(SUM("impactAmount" / ${PART}), 0) AS "high", COALESCE(SUM("impactAmount" % ${PART}), 0) AS "low"
     FROM ${from} GROUP BY "status", "severity", "detector", "impactCurrency"`,
    values,
  )
  return rows.map((row) => ({
    status: text(row['status']),
    severity: integer(row['severity']),
    detector: text(row['detector']),
    currency: nullableText(row['impactCurrency']),
    count: integer(row['count']),
    amount: bigint(row['high']) * PART + bigint(row['low']),
  }))
}

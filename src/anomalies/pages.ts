import type { Anomaly, Prisma } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'

export const ORDER_FIELDS = ['RECORDED_AT', 'DETECTED_AT', 'STARTED_AT', 'UPDATED_AT', 'SEVERITY'] as const
export type AnomalyOrderField = (typeof ORDER_FIELDS)[number]

export interface AnomalyOrder {
  field: AnomalyOrderField
  direction: 'ASC' | 'DESC'
}

/** Where a row stands in an order: the ordered value (of RECORDED_AT `seq` itself), then `seq`, which is unique. */
export interface AnomalyKey {
  value: Date | number | undefined
  seq: bigint
}

const COLUMNS = {
  DETECTED_AT: 'detectedAt',
  STARTED_AT: 'startedAt',
  UPDATED_AT: 'updatedAt',
  SEVERITY: 'severity',
} as const

export function anomalyKey(field: AnomalyOrderField, anomaly: Anomaly): AnomalyKey {
  return { value: field === 'RECORDED_AT' ? undefined : anomaly[COLUMNS[field]], seq: anomaly.seq }
}

export interface AnomalyRange {
  order: AnomalyOrder
  after: AnomalyKey | undefined
  before: AnomalyKey | undefined
  /** Read from the end of the list, last row first. */
  backward: boolean
  take: number
}

/** One stretch of the tenant's anomalies by sort key, so that it stays put while others come and go. */
export function readAnomalies(
  { db, tenantId }: Scope,
  where: Prisma.AnomalyWhereInput,
  { order, after, before, backward, take }: AnomalyRange,
): Promise<Anomaly[]> {
  const ascending = (order.direction === 'ASC') !== backward
  const direction = ascending ? 'asc' : 'desc'
  const column = order.field === 'RECORDED_AT' ? undefined : COLUMNS[order.field]
  return db.anomaly.findMany({
    where: {
      tenantId,
      AND: [
        where,
        ...(after ? [beyond(order.field, after, order.direction === 'ASC')] : []),
        ...(before ? [beyond(order.field, before, order.direction !== 'ASC')] : []),
      ],
    },
    orderBy: column ? [{ [column]: direction }, { seq: direction }] : { seq: direction },
    take,
  })
}

/** Rows on one side of a key: with greater or with smaller values. */
function beyond(
  field: AnomalyOrderField,
  { value, seq }: AnomalyKey,
  greater: boolean,
): Prisma.AnomalyWhereInput {
  const past = greater ? { gt: seq } : { lt: seq }
  if (field === 'RECORDED_AT' || value === undefined) return { seq: past }
  const column = COLUMNS[field]
  return {
    OR: [{ [column]: greater ? { gt: value } : { lt: value } }, { [column]: value, seq: past }],
  }
}

export const countAnomalies = ({ db, tenantId }: Scope, where: Prisma.AnomalyWhereInput): Promise<number> =>
  db.anomaly.count({ where: { tenantId, AND: [where] } })

/** The head of the tenant's feed: the number of its newest act. */
export async function feedHead({ db, tenantId }: Scope): Promise<bigint> {
  const tenant = await db.tenant.findFirst({ where: { id: tenantId }, select: { seq: true } })
  return tenant?.seq ?? 0n
}

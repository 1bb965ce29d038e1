import {
  ANOMALIES,
  type AnomalyRow,
  beyond,
  type Condition,
  compare,
  countRows,
  firstOfEach,
  type Reading,
  readRow,
  readRows,
  TENANTS,
} from '../storage/reading.ts'
import type { Pair } from './filter.ts'

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

export type AnomalyColumn = keyof AnomalyRow

const COLUMNS = {
  DETECTED_AT: 'detectedAt',
  STARTED_AT: 'startedAt',
  UPDATED_AT: 'updatedAt',
  SEVERITY: 'severity',
} as const

/** The columns that a row's place in an order is known by. */
export const keyColumns = (field: AnomalyOrderField): readonly (keyof KeyRow)[] =>
  field === 'RECORDED_AT' ? ['seq'] : [COLUMNS[field], 'seq']

type KeyRow = Pick<AnomalyRow, 'seq' | (typeof COLUMNS)[keyof typeof COLUMNS]>

export function anomalyKey(field: AnomalyOrderField, anomaly: KeyRow): AnomalyKey {
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

/**
 * One stretch of the tenant's anomalies by sort key, so that it stays put while others come and go.
 * @param upTo the number of the feed up to which they were recorded
 * @param pairs of `pairsOf`, where the filter has them
 */
export function readAnomalies<Column extends AnomalyColumn>(
  scope: Reading,
  columns: readonly Column[],
  { where, upTo, pairs }: { where: readonly Condition[]; upTo: bigint; pairs?: readonly Pair[] | undefined },
  { order, after, before, backward, take }: AnomalyRange,
): Promise<Pick<AnomalyRow, Column>[]> {
  const ascending = order.direction === 'ASC'
  const orderBy = keyColumns(order.field)
  const direction = ascending !== backward ? 'ASC' : 'DESC'
  const side = ({ value, seq }: AnomalyKey, greater: boolean) =>
    beyond(orderBy, greater ? '>' : '<', value === undefined ? [seq] : [value, seq])
  const bounds = [
    recordedUpTo(upTo),
    ...(after ? [side(after, ascending)] : []),
    ...(before ? [side(before, !ascending)] : []),
  ]
  const isNarrowed = pairs && pairs.length > 0 && order.field === 'RECORDED_AT'
  return readRows(scope, ANOMALIES, {
    columns,
    where: [
      ...bounds,
      ...where,
      ...(isNarrowed ? [firstOfEach(scope, pairs, { bounds, direction, take })] : []),
    ],
    orderBy,
    direction,
    take,
  })
}

export const countAnomalies = (
  scope: Reading,
  { where, upTo }: { where: readonly Condition[]; upTo: bigint },
): Promise<number> => countRows(scope, ANOMALIES, [recordedUpTo(upTo), ...where])

const recordedUpTo = (seq: bigint): Condition => compare('seq', '<=', seq)

/** The head of the tenant's feed: the number of its newest act. */
export async function feedHead(scope: Reading): Promise<bigint> {
  const tenant = await readRow(scope, TENANTS, { columns: ['seq'] })
  return tenant?.seq ?? 0n
}

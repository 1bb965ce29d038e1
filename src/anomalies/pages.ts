import { firstOfEach } from '../storage/anomaly-conditions.ts'
import {
  ANOMALIES,
  type AnomalyRow,
  beyond,
  type Condition,
  compare,
  countRows,
  type Reading,
  readRow,
  readRows,
  TENANTS,
} from '../storage/reading.ts'
import type { Narrowing } from './filter.ts'

export const ORDER_FIELDS = [
  'RECORDED_AT',
  'DETECTED_AT',
  'STARTED_AT',
  'UPDATED_AT',
  'SEVERITY',
  'IMPACT',
] as const
export type AnomalyOrderField = (typeof ORDER_FIELDS)[number]

export interface AnomalyOrder {
  field: AnomalyOrderField
  direction: 'ASC' | 'DESC'
}

/** Where a row stands in an order: the ordered values (of RECORDED_AT none), then `seq`, which is unique. */
export interface AnomalyKey {
  values: readonly (Date | number | bigint | string)[]
  seq: bigint
}

export type AnomalyColumn = keyof AnomalyRow

const COLUMNS = {
  RECORDED_AT: [],
  DETECTED_AT: ['detectedAt'],
  STARTED_AT: ['startedAt'],
  UPDATED_AT: ['updatedAt'],
  SEVERITY: ['severity'],
  IMPACT: ['impactCurrency', 'impactAmount'],
} as const satisfies Record<AnomalyOrderField, readonly AnomalyColumn[]>

type KeyColumn = (typeof COLUMNS)[AnomalyOrderField][number]

/** The columns that a row's place in an order is known by. */
export const keyColumns = (field: AnomalyOrderField): readonly (keyof KeyRow)[] => [...COLUMNS[field], 'seq']

type KeyRow = Pick<AnomalyRow, 'seq' | KeyColumn>

export function anomalyKey(field: AnomalyOrderField, anomaly: KeyRow): AnomalyKey {
  const { seq, impactCurrency, impactAmount } = anomaly
  switch (field) {
    case 'RECORDED_AT':
      return { values: [], seq }
    case 'IMPACT':
      return { values: [impactCurrency ?? '', impactAmount ?? 0n], seq }
    default:
      return { values: COLUMNS[field].map((column) => anomaly[column]), seq }
  }
}

/** What rows are ordered by, and what of a key stands against it. */
function placesOf({ field, direction }: AnomalyOrder) {
  if (field !== 'IMPACT')
    return { orderBy: keyColumns(field), valuesOf: ({ values, seq }: AnomalyKey) => [...values, seq] }
  const ascending = direction === 'ASC'
  return {
    orderBy: [ascending ? 'lacksImpact' : 'hasImpact', 'impactCurrencyOrNone', 'impactAmountOrNone', 'seq'],
    valuesOf: ({ values, seq }: AnomalyKey) => [(values[0] === '') === ascending ? 1 : 0, ...values, seq],
  }
}

export interface AnomalyRange {
  order: AnomalyOrder
  after: AnomalyKey | undefined
  before: AnomalyKey | undefined
  /** Read from the end of the list, last row first. */
  backward: boolean
  take: number
}

export interface Wanted {
  where: readonly Condition[]
  /** The number of the feed up to which they were recorded. */
  upTo: bigint
  narrowing?: Narrowing | undefined
}

/**
 * One stretch of the tenant's anomalies by sort key, so that it stays put while others come and go.
 * @param narrowing of `narrowingOf`, where the filter has one
 */
export function readAnomalies<Column extends AnomalyColumn>(
  scope: Reading,
  columns: readonly Column[],
  { where, upTo, narrowing }: Wanted,
  { order, after, before, backward, take }: AnomalyRange,
): Promise<Pick<AnomalyRow, Column>[]> {
  const ascending = order.direction === 'ASC'
  const { orderBy, valuesOf } = placesOf(order)
  const direction = ascending !== backward ? 'ASC' : 'DESC'
  const side = (key: AnomalyKey, greater: boolean) => beyond(orderBy, greater ? '>' : '<', valuesOf(key))
  const bounds = [
    recordedUpTo(upTo),
    ...(after ? [side(after, ascending)] : []),
    ...(before ? [side(before, !ascending)] : []),
  ]
  const isNarrowed = narrowing && narrowing.pairs.length > 0 && order.field === 'RECORDED_AT'
  return readRows(scope, ANOMALIES, {
    columns,
    where: [
      ...bounds,
      ...where,
      ...(isNarrowed
        ? [
            firstOfEach(scope, narrowing.pairs, {
              bounds: [...bounds, ...narrowing.within],
              direction,
              take,
            }),
          ]
        : []),
    ],
    orderBy,
    direction,
    take,
  })
}

export const countAnomalies = (scope: Reading, { where, upTo }: Wanted): Promise<number> =>
  countRows(scope, ANOMALIES, [recordedUpTo(upTo), ...where])

const recordedUpTo = (seq: bigint): Condition => compare('seq', '<=', seq)

/** The head of the tenant's feed: the number of its newest act. */
export async function feedHead(scope: Reading): Promise<bigint> {
  const tenant = await readRow(scope, TENANTS, { columns: ['seq'] })
  return tenant?.seq ?? 0n
}

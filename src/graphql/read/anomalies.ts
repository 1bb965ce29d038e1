import { type AnomalyFilter, pairsOf, whereOf } from '../../anomalies/filter.ts'
import {
  type AnomalyColumn,
  type AnomalyKey,
  type AnomalyOrder,
  anomalyKey,
  countAnomalies,
  feedHead,
  keyColumns,
  readAnomalies,
} from '../../anomalies/pages.ts'
import { ANOMALIES, type AnomalyRow, readRows, relatedTo } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { decodeCursor, encodeCursor, feedCursor, feedPosition, momentPart, wholePart } from './cursor.ts'
import { type Page, type PageArguments, readPage } from './paging.ts'

export interface AnomalyPage extends Page<AnomalyRow> {
  resumeCursor(): string
}

/**
 * A page, and the head of the feed in the same snapshot: the head is read first and nothing recorded after it is
 * shown, so a subscription from there sends everything that the page does not show.
 * @param columns what is read of each row, besides its place in the order
 * @throws PublicError BAD_USER_INPUT, CURSOR_UNKNOWN
 */
export async function readAnomalyPage(
  scope: Scope,
  { filter, order, page: args }: { filter: AnomalyFilter; order: AnomalyOrder; page: PageArguments },
  columns: readonly AnomalyColumn[],
): Promise<AnomalyPage> {
  const head = await feedHead(scope)
  const wanted = { where: await whereOf(scope, filter), upTo: head, pairs: pairsOf(filter) }
  const selected = [...new Set([...columns, ...keyColumns(order.field)])]
  const page = await readPage<AnomalyRow, AnomalyKey>(args, {
    read: (range) => readAnomalies(scope, selected, wanted, { ...range, order }),
    count: () => countAnomalies(scope, wanted),
    keyOf: (anomaly) => anomalyKey(order.field, anomaly),
    encode: (key) => encodeKey(scope.tenantId, order, key),
    decode: (cursor) => decodeKey(scope.tenantId, order, cursor, head),
  })
  return { ...page, resumeCursor: () => feedCursor(scope.tenantId, head) }
}

/** In the order of recording a row's cursor is its position in the feed, so a subscription can continue from it. */
function encodeKey(tenantId: string, { field }: AnomalyOrder, { value, seq }: AnomalyKey): string {
  if (value === undefined) return feedCursor(tenantId, seq)
  return encodeCursor(tenantId, `anomalies:${field}`, [Number(value), seq])
}

function decodeKey(tenantId: string, { field }: AnomalyOrder, cursor: string, head: bigint): AnomalyKey {
  if (field === 'RECORDED_AT') return { value: undefined, seq: feedPosition(tenantId, cursor, head) }
  const [value, seq] = decodeCursor(tenantId, `anomalies:${field}`, cursor)
  return {
    value: field === 'SEVERITY' ? Number(wholePart(value)) : momentPart(value),
    seq: wholePart(seq),
  }
}

/** The anomalies that explain one, and those that it explains, the oldest first. */
export const readRelated = (
  scope: Scope,
  id: string,
  first: number,
  columns: readonly AnomalyColumn[],
): Promise<AnomalyRow[]> =>
  readRows(scope, ANOMALIES, { columns, where: [relatedTo(scope, id)], orderBy: ['seq'], take: first })

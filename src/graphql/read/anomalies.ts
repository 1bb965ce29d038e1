import { type AnomalyFilter, narrowingOf, whereOf } from '../../anomalies/filter.ts'
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
import { relatedTo } from '../../storage/anomaly-conditions.ts'
import { ANOMALIES, type AnomalyRow, readRows } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import {
  decodeCursor,
  encodeCursor,
  feedCursor,
  feedPosition,
  momentPart,
  unknownCursor,
  wholePart,
} from './cursor.ts'
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
  const wanted = { where: await whereOf(scope, filter), upTo: head, narrowing: narrowingOf(filter) }
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
function encodeKey(tenantId: string, { field }: AnomalyOrder, { values, seq }: AnomalyKey): string {
  if (field === 'RECORDED_AT') return feedCursor(tenantId, seq)
  const parts = values.map((value) => (value instanceof Date ? value.getTime() : value))
  return encodeCursor(tenantId, `anomalies:${field}`, [...parts, seq])
}

function decodeKey(tenantId: string, { field }: AnomalyOrder, cursor: string, head: bigint): AnomalyKey {
  if (field === 'RECORDED_AT') return { values: [], seq: feedPosition(tenantId, cursor, head) }
  const parts = decodeCursor(tenantId, `anomalies:${field}`, cursor)
  const seq = wholePart(parts.at(-1))
  if (field === 'IMPACT') return { values: [currencyPart(parts[0]), amountPart(parts[1])], seq }
  const value = field === 'SEVERITY' ? Number(wholePart(parts[0])) : momentPart(parts[0])
  return { values: [value], seq }
}

/** @throws PublicError CURSOR_UNKNOWN */
function currencyPart(part: string | undefined): string {
  if (part === undefined || !/^([a-z]{3})?$/.test(part)) throw unknownCursor()
  return part
}

/** Money at risk may be less than none. @throws PublicError CURSOR_UNKNOWN */
const amountPart = (part: string | undefined): bigint =>
  part?.startsWith('-') ? -wholePart(part.slice(1)) : wholePart(part)

/** The anomalies that explain one, and those that it explains, the oldest first. */
export const readRelated = (
  scope: Scope,
  id: string,
  first: number,
  columns: readonly AnomalyColumn[],
): Promise<AnomalyRow[]> =>
  readRows(scope, ANOMALIES, { columns, where: [relatedTo(scope, id)], orderBy: ['seq'], take: first })

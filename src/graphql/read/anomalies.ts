import { type AnomalyFilter, whereOf } from '../../anomalies/filter.ts'
import {
  type AnomalyKey,
  type AnomalyOrder,
  anomalyKey,
  countAnomalies,
  feedHead,
  readAnomalies,
} from '../../anomalies/pages.ts'
import type { Anomaly } from '../../generated/sqlite/client.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { decodeCursor, encodeCursor, feedCursor, feedPosition, momentPart, wholePart } from './cursor.ts'
import { MAX_PAGE, type Page, type PageArguments, readPage } from './paging.ts'

export interface AnomalyPage extends Page<Anomaly> {
  resumeCursor: string
}

/**
 * A page, and the head of the feed in the same snapshot: the head is read first and nothing recorded after it is
 * shown, so a subscription from there sends everything that the page does not show.
 * @throws PublicError BAD_USER_INPUT, CURSOR_UNKNOWN
 */
export async function readAnomalyPage(
  scope: Scope,
  filter: AnomalyFilter,
  order: AnomalyOrder,
  args: PageArguments,
): Promise<AnomalyPage> {
  const head = await feedHead(scope)
  const where = { AND: [{ seq: { lte: head } }, await whereOf(scope, filter)] }
  const page = await readPage<Anomaly, AnomalyKey>(args, {
    read: (range) => readAnomalies(scope, where, { ...range, order }),
    count: () => countAnomalies(scope, where),
    keyOf: (anomaly) => anomalyKey(order.field, anomaly),
    encode: (key) => encodeKey(scope.tenantId, order, key),
    decode: (cursor) => decodeKey(scope.tenantId, order, cursor, head),
  })
  return { ...page, resumeCursor: feedCursor(scope.tenantId, head) }
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
export async function readRelated({ db }: Pick<Scope, 'db'>, id: string, first: number): Promise<Anomaly[]> {
  const links = await db.anomalyCause.findMany({
    where: { OR: [{ anomalyId: id }, { causeId: id }] },
    take: MAX_PAGE,
  })
  const ids = links.map(({ anomalyId, causeId }) => (anomalyId === id ? causeId : anomalyId))
  if (ids.length === 0) return []
  return db.anomaly.findMany({ where: { id: { in: ids } }, orderBy: { seq: 'asc' }, take: first })
}

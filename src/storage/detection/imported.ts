import type { InboxEvent } from '../../detection/engine/events.ts'
import { date, type Row, type Sql, text } from '../sql.ts'
import { toPendingEvent } from './memory-rows.ts'

export interface ImportedPage {
  events: readonly InboxEvent[]
  /** Made of older objects: what they raise is not true. */
  teachesOnly: boolean
  /** Where the next page begins; undefined: there was none left. */
  last: { at: Date; stripeId: string } | undefined
}

/** The next events of an import that wait to be judged, oldest first, those of one kind. */
export async function importedEvents(
  sql: Sql,
  tenantId: string,
  { after, limit }: { after: ImportedPage['last']; limit: number },
): Promise<ImportedPage> {
  const further = after === undefined ? '' : 'AND ("receivedAt" > ? OR ("receivedAt" = ? AND "stripeId" > ?))'
  const rows = await sql.all(
    `SELECT "stripeId", "endpointId", "account", "livemode", "type", "createdAt", "receivedAt", "payload", "source"
     FROM "StripeEvent" WHERE "tenantId" = ? AND "status" = 'PENDING' AND "source" IN ('BACKFILL', 'REBUILT') ${further}
     ORDER BY "receivedAt", "stripeId" LIMIT ${limit}`,
    [tenantId, ...(after === undefined ? [] : [after.at, after.at, after.stripeId])],
  )
  const source = rows[0]?.['source']
  const other = rows.findIndex((row) => row['source'] !== source)
  const alike = other < 0 ? rows : rows.slice(0, other)
  const page = alike.length < limit ? alike : wholeSeconds(alike)
  const newest = page.at(-1)
  return {
    events: page.map(toPendingEvent),
    teachesOnly: source === 'REBUILT',
    last: newest && { at: date(newest['receivedAt']), stripeId: text(newest['stripeId']) },
  }
}

/** Without those of the last second, which may go on: where pages end must change nothing. All, where there is no other. */
function wholeSeconds(rows: readonly Row[]): readonly Row[] {
  const last = date(rows.at(-1)?.['receivedAt']).getTime()
  const end = rows.findIndex((row) => date(row['receivedAt']).getTime() === last)
  return end <= 0 ? rows : rows.slice(0, end)
}

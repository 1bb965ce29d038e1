import { flag, type Sql, text } from '../sql.ts'
import { type ChannelKey, SENDABLE } from './due.ts'

/** What is to be sent next on a channel. */
export interface NextDelivery {
  id: string
  /** It waits to be put together with others that are due. */
  grouped: boolean
}

/** The delivery that is due first. */
export async function nextDelivery(
  sql: Pick<Sql, 'all'>,
  { tenantId, channelId }: ChannelKey,
  now: Date,
): Promise<NextDelivery | undefined> {
  const [row] = await sql.all(
    `SELECT d."id", d."grouped" FROM "AlertDelivery" d
     WHERE d."tenantId" = ? AND d."channelId" = ? AND ${SENDABLE}
     ORDER BY d."dueAt", d."seq" LIMIT 1`,
    [tenantId, channelId, now, false, false],
  )
  return row && { id: text(row['id']), grouped: flag(row['grouped']) }
}

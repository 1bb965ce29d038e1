import type { AlertChannel } from '../generated/sqlite/client.ts'
import type { TenantClient } from '../storage/scope/scope.ts'

/** Messages about new anomalies that a channel gets alone in the window; what is more comes together. Milliseconds. */
const MAX_ALONE = 10
const WINDOW = 10 * 60_000
/** How long the first digest of a flood waits for others. */
const FIRST = 60_000

export const FLOOD = 'many at once: sent together'

/**
 * When a new anomaly is reported on a channel that has had many in the last minutes, together with others.
 * @returns undefined while there are few
 */
export async function floodTime(
  db: TenantClient,
  { tenantId, id: channelId }: AlertChannel,
  now: Date,
): Promise<Date | undefined> {
  const since = new Date(now.getTime() - WINDOW)
  const recent = await db.alertDelivery.count({
    where: {
      tenantId,
      channelId,
      reason: 'RAISED',
      createdAt: { gt: since },
      state: { in: ['WAITING', 'DELIVERED', 'FAILED'] },
    },
  })
  if (recent < MAX_ALONE) return undefined
  const waiting = await db.alertDelivery.findFirst({
    where: {
      tenantId,
      channelId,
      state: 'WAITING',
      grouped: true,
      digestId: null,
      why: FLOOD,
      dueAt: { gt: now },
    },
  })
  if (waiting !== null) return waiting.dueAt
  const [last] = await db.alertDelivery.findMany({
    where: { tenantId, channelId, reason: 'DIGEST', createdAt: { gt: since } },
    orderBy: { createdAt: 'desc' },
    take: 1,
  })
  return new Date(last === undefined ? now.getTime() + FIRST : last.createdAt.getTime() + WINDOW)
}

import { SYSTEM } from '../actor.ts'
import type { AlertChannel } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { recordActivity } from '../storage/activity.ts'
import type { TenantClient } from '../storage/scope/scope.ts'

/**
 * Switches a channel off on which nothing arrives, in the caller's transaction. What waits there is kept for whoever
 * recovers it, and the tenant's other channels report it: alerts that fail in silence are worse than none.
 */
export async function disableChannel(
  db: TenantClient,
  { tenantId, id, name }: AlertChannel,
  reason: string,
  now: Date,
): Promise<void> {
  const { count } = await db.alertChannel.updateMany({
    where: { tenantId, id, state: 'ACTIVE' },
    data: { state: 'DISABLED', reason },
  })
  if (count === 0) return
  await db.alertDelivery.updateMany({
    where: { tenantId, channelId: id, state: 'WAITING', digestId: null },
    data: { held: true, why: 'the channel is disabled' },
  })
  const [seq = 0n] = await recordActivity(db, tenantId, [
    { at: now, kind: 'ALERT_CHANNEL_DISABLED', actor: SYSTEM, data: { channelId: id, name, reason } },
  ])
  const others = await db.alertChannel.findMany({ where: { tenantId, state: 'ACTIVE' } })
  await db.alertDelivery.createMany({
    data: others.map((other) => ({
      tenantId,
      id: newId('dlv'),
      channelId: other.id,
      seq,
      key: `disabled ${seq}`,
      reason: 'CHANNEL_DISABLED',
      state: 'WAITING',
      createdAt: now,
      dueAt: now,
    })),
  })
}

import { PublicError } from '../errors.ts'
import type { AlertChannel, AlertDelivery } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { recordActivity } from '../storage/activity.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Acting } from '../tenancy/acting.ts'
import { attemptDelivery } from './attempt.ts'
import { findChannel, switchOn } from './manage.ts'
import type { SendingParts } from './sending-parts.ts'

/**
 * Really sends a test, in whatever state the channel is, and waits for the answer. It is not tried again.
 * @returns the delivery: DELIVERED, or FAILED with the reason
 * @throws PublicError NOT_FOUND
 */
export async function testChannel(parts: SendingParts, scope: Scope, id: string): Promise<AlertDelivery> {
  const { tenantId, db } = scope
  const channel = await findChannel(scope, id)
  const now = parts.clock.now()
  const deliveryId = newId('dlv')
  const hasNobody =
    channel.kind === 'EMAIL' &&
    (await db.alertAddress.count({ where: { tenantId, channelId: id, state: 'VERIFIED' } })) === 0
  await db.alertDelivery.create({
    data: {
      tenantId,
      id: deliveryId,
      channelId: id,
      seq: channel.cursor,
      key: `test ${deliveryId}`,
      reason: 'TEST',
      state: hasNobody ? 'FAILED' : 'WAITING',
      why: hasNobody ? 'no address of the channel is verified' : null,
      createdAt: now,
      dueAt: now,
      // It is sent here; what sends everything else passes it over.
      held: true,
    },
  })
  if (!hasNobody) await attemptDelivery(parts, scope, channel, deliveryId)
  return findDelivery(scope, deliveryId)
}

/** @throws PublicError NOT_FOUND */
export async function findDelivery({ db, tenantId }: Scope, id: string): Promise<AlertDelivery> {
  const delivery = await db.alertDelivery.findFirst({ where: { tenantId, id } })
  if (delivery === null) throw new PublicError('NOT_FOUND', `there is no delivery ${id}`)
  return delivery
}

/**
 * Has a delivery tried at once that waits or failed; what carries it where it is part of a digest.
 * @throws PublicError NOT_FOUND; CONFLICT where there is nothing to try, or its channel is not in use
 */
export async function retryDelivery(
  scope: Scope,
  { clock }: Pick<Acting, 'clock'>,
  id: string,
): Promise<AlertDelivery> {
  const { tenantId } = scope
  const delivery = await findDelivery(scope, id)
  const carrier = delivery.digestId ?? id
  const channel = await findChannel(scope, delivery.channelId)
  if (channel.state !== 'ACTIVE')
    throw new PublicError('CONFLICT', `the channel ${channel.name} is ${channel.state}: enable it first`)
  if (delivery.reason === 'TEST') throw new PublicError('CONFLICT', 'a test is not sent again: test anew')
  await scope.transaction(async (db) => {
    const { count } = await db.alertDelivery.updateMany({
      where: {
        tenantId,
        OR: [{ id: carrier }, { digestId: carrier }],
        state: { in: ['WAITING', 'FAILED'] },
      },
      data: { ...AGAIN, dueAt: clock.now() },
    })
    if (count === 0)
      throw new PublicError('CONFLICT', `the delivery is ${delivery.state}: there is nothing to try again`)
    await db.alertChannel.updateMany({ where: { tenantId, id: channel.id }, data: { notBefore: null } })
  })
  return findDelivery(scope, id)
}

/** As if nothing had been tried; the body stays as it is, for receivers that have it already. */
const AGAIN = { state: 'WAITING', why: null, held: false, attempts: 0, firstAttemptAt: null } as const

/**
 * Switches a channel on and sends what it missed: what failed, and what waited while it was disabled.
 * @param since nothing that is older; undefined: all that is kept
 * @returns how many deliveries are sent again
 * @throws PublicError NOT_FOUND
 */
export async function recoverChannel(
  scope: Scope,
  { actor, clock }: Acting,
  id: string,
  since: Date | undefined,
): Promise<{ channel: AlertChannel; deliveries: number }> {
  const { tenantId } = scope
  const now = clock.now()
  return scope.transaction(async (db) => {
    const channel = await findChannel({ db, tenantId }, id)
    const { count } = await db.alertDelivery.updateMany({
      where: {
        tenantId,
        channelId: id,
        reason: { not: 'TEST' },
        OR: [{ state: 'FAILED' }, { state: 'WAITING', held: true }],
        ...(since !== undefined && { createdAt: { gte: since } }),
      },
      data: { ...AGAIN, dueAt: now },
    })
    const data = { channelId: id, recovered: count, since: since?.toISOString() ?? null }
    await recordActivity(db, tenantId, [{ at: now, kind: 'ALERT_CHANNEL_UPDATED', actor, data }])
    if (channel.state === 'DISABLED') await switchOn(db, channel)
    return { channel: await findChannel({ db, tenantId }, id), deliveries: count }
  })
}

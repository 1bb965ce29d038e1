import { PublicError } from '../errors.ts'
import type { AlertChannel, AlertDelivery, Prisma } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { recordActivity } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
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
    const where = {
      tenantId,
      OR: [{ id: carrier }, { digestId: carrier }],
      state: { in: ['WAITING', 'FAILED'] },
    }
    await composeAnew(db, channel, where)
    const { count } = await db.alertDelivery.updateMany({ where, data: { ...AGAIN, dueAt: clock.now() } })
    if (count === 0)
      throw new PublicError('CONFLICT', `the delivery is ${delivery.state}: there is nothing to try again`)
    await db.alertChannel.updateMany({ where: { tenantId, id: channel.id }, data: { notBefore: null } })
  })
  return findDelivery(scope, id)
}

/** As if nothing had been tried. */
const AGAIN = { state: 'WAITING', why: null, held: false, attempts: 0, firstAttemptAt: null } as const

/** A program may have the body already, and knows it by its `webhook-id`: it stays as it is. */
const keepsBodies = ({ kind }: AlertChannel): boolean => kind === 'WEBHOOK'

/** Has what is sent to people again say what is true by then. A digest that is tried again stays what it is. */
async function composeAnew(
  db: TenantClient,
  channel: AlertChannel,
  where: Prisma.AlertDeliveryWhereInput,
): Promise<void> {
  if (keepsBodies(channel)) return
  const { tenantId } = channel
  await db.alertDelivery.updateMany({
    where: { tenantId, AND: [where, { reason: { not: 'DIGEST' } }] },
    data: { body: null },
  })
}

/**
 * Takes apart digests that nobody has, so that what they carry is put together anew, as things stand by then.
 * @returns how many deliveries they carried
 */
async function takeApart(
  db: TenantClient,
  channel: AlertChannel,
  where: Prisma.AlertDeliveryWhereInput,
  now: Date,
): Promise<number> {
  const { tenantId, id: channelId } = channel
  const digests = await db.alertDelivery.findMany({
    where: {
      ...where,
      tenantId,
      channelId,
      reason: 'DIGEST',
      // What some of its readers have goes to the others as it is.
      progress: null,
      ...(keepsBodies(channel) && { attemptsMade: { none: {} } }),
    },
    select: { id: true },
  })
  const carried = {
    tenantId,
    channelId,
    digestId: { in: digests.map(({ id }) => id) },
    state: { in: ['WAITING', 'FAILED'] },
  }
  const carriers = await db.alertDelivery.findMany({
    where: carried,
    distinct: ['digestId'],
    select: { digestId: true },
  })
  // One that only counts what ended carries nothing, and is sent as it is.
  for (const id of carriers.flatMap(({ digestId }) => digestId ?? [])) {
    await db.alertDelivery.updateMany({
      where: { tenantId, id },
      // Its key is left to the digest that takes its place.
      data: { state: 'SUPERSEDED', key: `former ${id}`, held: false, why: 'put together anew', body: null },
    })
  }
  await composeAnew(db, channel, carried)
  const { count } = await db.alertDelivery.updateMany({
    where: carried,
    data: { ...AGAIN, grouped: true, digestId: null, dueAt: now },
  })
  return count
}

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
    const missed = {
      tenantId,
      channelId: id,
      reason: { not: 'TEST' },
      OR: [{ state: 'FAILED' }, { state: 'WAITING', held: true }],
      ...(since !== undefined && { createdAt: { gte: since } }),
    }
    const carried = await takeApart(db, channel, missed, now)
    await composeAnew(db, channel, missed)
    const { count: alone } = await db.alertDelivery.updateMany({
      where: missed,
      data: { ...AGAIN, dueAt: now },
    })
    const count = carried + alone
    const data = { channelId: id, recovered: count, since: since?.toISOString() ?? null }
    await recordActivity(db, tenantId, [{ at: now, kind: 'ALERT_CHANNEL_UPDATED', actor, data }])
    if (channel.state === 'DISABLED') await switchOn(db, channel)
    return { channel: await findChannel({ db, tenantId }, id), deliveries: count }
  })
}

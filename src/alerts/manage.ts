import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { badInput, PublicError } from '../errors.ts'
import type { AlertChannel } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { recordActivity, wasRecorded } from '../storage/activity.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import { isUniqueViolation } from '../storage/unique.ts'
import type { Acting } from '../tenancy/acting.ts'
import { DAY } from '../time.ts'
import { type ChannelInput, parseChannel, parseTarget, usualFields } from './channel-input.ts'
import type { Channels } from './channels/registry.ts'
import type { Outbound } from './http.ts'
import { readRouting } from './routing.ts'
import { readSchedule } from './schedule.ts'

/** What managing channels needs besides who acts. */
export interface ChannelMeans {
  channels: Channels
  outbound: Outbound
}

export const MAX_CHANNELS = 20

/** How long the secret before a roll signs as well. */
const FORMER_SECRET_FOR = DAY

export interface NewChannel {
  channel: AlertChannel
  /** Of a WEBHOOK, shown this once. */
  secret: string | undefined
}

/**
 * A new channel, which hears of what happens from now on.
 * @param input.target with one field, as `AlertTargetInput`
 * @throws PublicError BAD_USER_INPUT; CONFLICT when the name is taken
 */
export async function createChannel(
  scope: Scope,
  { actor, clock, vault }: Acting,
  means: ChannelMeans,
  input: ChannelInput & { target: object },
): Promise<NewChannel> {
  const { channel: kind, open } = await parseTarget(means, input.target)
  const { name, routing, schedule } = parseChannel(input, usualFields(kind))
  const { tenantId } = scope
  const id = newId('chn')
  const now = clock.now()
  const secret = kind.kind === 'WEBHOOK' ? newSecret() : undefined
  const channel = await refusingTakenName(name, () =>
    scope.transaction(async (db) => {
      const data = { channelId: id, name, kind: kind.kind, target: open.hint }
      // Its number is the head of the feed, and taking it keeps others from adding channels until the commit.
      const [cursor = 0n] = await recordActivity(db, tenantId, [
        { at: now, kind: 'ALERT_CHANNEL_CREATED', actor, data },
      ])
      const count = await db.alertChannel.count({ where: { tenantId } })
      if (count >= MAX_CHANNELS)
        throw new PublicError('BAD_USER_INPUT', `a tenant has at most ${MAX_CHANNELS} channels`)
      const made = await db.alertChannel.create({
        data: {
          tenantId,
          id,
          name,
          kind: kind.kind,
          target: kind.name,
          sealed: vault.seal(JSON.stringify(open.target), { tenantId, id, purpose: 'alert-target' }),
          hint: open.hint,
          secretSealed: secret ? vault.seal(secret, { tenantId, id, purpose: 'alert-secret' }) : null,
          routing: JSON.stringify(routing),
          schedule: JSON.stringify(schedule),
          cursor,
          state: kind.kind === 'EMAIL' ? 'UNVERIFIED' : 'ACTIVE',
          createdAt: now,
        },
      })
      await db.alertAddress.createMany({
        data: addressesOf(open.target).map((address) => ({
          tenantId,
          channelId: id,
          address,
          state: 'UNVERIFIED',
          createdAt: now,
        })),
      })
      return made
    }),
  )
  return { channel, secret }
}

const mails = z.object({ addresses: z.array(z.string()) })

/** Of an EMAIL channel; none of others. */
function addressesOf(target: unknown): string[] {
  const parsed = mails.safeParse(target)
  return parsed.success ? parsed.data.addresses : []
}

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

async function refusingTakenName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new PublicError('CONFLICT', `there is a channel named ${name} already`)
  }
}

/** @throws PublicError NOT_FOUND */
export async function findChannel(
  { db, tenantId }: Pick<Scope, 'db' | 'tenantId'>,
  id: string,
): Promise<AlertChannel> {
  const channel = await db.alertChannel.findFirst({ where: { tenantId, id } })
  if (channel === null) throw new PublicError('NOT_FOUND', `there is no channel ${id}`)
  return channel
}

/** Oldest first. */
export const listChannels = ({ db, tenantId }: Pick<Scope, 'db' | 'tenantId'>): Promise<AlertChannel[]> =>
  db.alertChannel.findMany({ where: { tenantId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })

/**
 * Changes what is given and leaves the rest; it holds for what is planned from then on.
 * @throws PublicError NOT_FOUND, BAD_USER_INPUT, CONFLICT
 */
export async function updateChannel(
  scope: Scope,
  { actor, clock }: Acting,
  { id, paused, ...input }: ChannelInput & { id: string; paused?: boolean | null | undefined },
): Promise<AlertChannel> {
  const { tenantId } = scope
  const before = await findChannel(scope, id)
  const former = {
    name: before.name,
    routing: readRouting(before.routing),
    schedule: readSchedule(before.schedule),
  }
  const fields = parseChannel(input, former)
  return refusingTakenName(fields.name, () =>
    scope.transaction(async (db) => {
      const state = await stateWhen(db, before, paused)
      const isSame = isDeepStrictEqual({ ...fields, state }, { ...former, state: before.state })
      if (isSame) return before
      const data = {
        name: fields.name,
        routing: JSON.stringify(fields.routing),
        schedule: JSON.stringify(fields.schedule),
        state,
        ...(state !== before.state && { reason: null }),
      }
      await recordActivity(db, tenantId, [
        {
          at: clock.now(),
          kind: 'ALERT_CHANNEL_UPDATED',
          actor,
          data: { channelId: id, ...fields, state, former: { ...former, state: before.state } },
        },
      ])
      await db.alertChannel.updateMany({ where: { tenantId, id }, data })
      return findChannel({ db, tenantId }, id)
    }),
  )
}

/** A DISABLED channel is not woken by pausing it and back: whoever enables it has looked at why. */
async function stateWhen(
  db: TenantClient,
  { tenantId, id, kind, state }: AlertChannel,
  paused: boolean | null | undefined,
): Promise<string> {
  if (paused === true && state !== 'DISABLED') return 'PAUSED'
  if (paused === false && state === 'PAUSED') return usableState(db, { tenantId, id, kind })
  return state
}

/** ACTIVE, but for a channel of mails of which no address is verified. */
export async function usableState(
  db: TenantClient,
  { tenantId, id, kind }: Pick<AlertChannel, 'tenantId' | 'id' | 'kind'>,
): Promise<'ACTIVE' | 'UNVERIFIED'> {
  if (kind !== 'EMAIL') return 'ACTIVE'
  const verified = await db.alertAddress.count({ where: { tenantId, channelId: id, state: 'VERIFIED' } })
  return verified > 0 ? 'ACTIVE' : 'UNVERIFIED'
}

/**
 * Switches a channel on again, without what it missed. One that is on stays as it is.
 * @throws PublicError NOT_FOUND
 */
export async function enableChannel(
  scope: Scope,
  { actor, clock }: Acting,
  id: string,
): Promise<AlertChannel> {
  const { tenantId } = scope
  const channel = await findChannel(scope, id)
  if (channel.state !== 'DISABLED') return channel
  return scope.transaction(async (db) => {
    await recordActivity(db, tenantId, [
      { at: clock.now(), kind: 'ALERT_CHANNEL_UPDATED', actor, data: { channelId: id, enabled: true } },
    ])
    await switchOn(db, channel)
    return findChannel({ db, tenantId }, id)
  })
}

/** In the caller's transaction: what failed before counts no more. */
export async function switchOn(db: TenantClient, channel: AlertChannel): Promise<void> {
  const { tenantId, id } = channel
  await db.alertChannel.updateMany({
    where: { tenantId, id },
    data: {
      state: await usableState(db, channel),
      reason: null,
      failingSince: null,
      failuresInRow: 0,
      refusalsInRow: 0,
      notBefore: null,
    },
  })
}

/**
 * A new signing secret; the one before signs as well for a day.
 * @throws PublicError NOT_FOUND; BAD_USER_INPUT for a kind that signs nothing
 */
export async function rollSecret(
  scope: Scope,
  { actor, clock, vault }: Acting,
  id: string,
): Promise<{ channel: AlertChannel; secret: string }> {
  const { tenantId } = scope
  const secret = newSecret()
  const now = clock.now()
  const channel = await scope.transaction(async (db) => {
    await recordActivity(db, tenantId, [
      { at: now, kind: 'ALERT_CHANNEL_UPDATED', actor, data: { channelId: id, secretRolled: true } },
    ])
    const { secretSealed } = await findChannel({ db, tenantId }, id)
    if (secretSealed === null) throw badInput(['id'], 'only a WEBHOOK signs what it sends')
    const former = vault.open(secretSealed, { tenantId, id, purpose: 'alert-secret' })
    await db.alertChannel.updateMany({
      where: { tenantId, id },
      data: {
        secretSealed: vault.seal(secret, { tenantId, id, purpose: 'alert-secret' }),
        formerSecretSealed: vault.seal(former, { tenantId, id, purpose: 'former-alert-secret' }),
        formerSecretUntil: new Date(now.getTime() + FORMER_SECRET_FOR * 1_000),
      },
    })
    return findChannel({ db, tenantId }, id)
  })
  return { channel, secret }
}

/**
 * Deletes a channel with everything that was sent there. Deleted already: nothing happens.
 * @throws PublicError NOT_FOUND for what was never a channel of this tenant
 */
export async function deleteChannel(scope: Scope, { actor, clock }: Acting, id: string): Promise<void> {
  const { tenantId } = scope
  const channel = await scope.db.alertChannel.findFirst({ where: { tenantId, id } })
  if (channel === null && (await wasRecorded(scope, 'ALERT_CHANNEL_DELETED', 'channelId', id))) return
  const { name } = channel ?? (await findChannel(scope, id))
  await scope.transaction(async (db) => {
    const channelId = id
    const where = { tenantId, channelId }
    await recordActivity(db, tenantId, [
      { at: clock.now(), kind: 'ALERT_CHANNEL_DELETED', actor, data: { channelId, name } },
    ])
    await db.alertAttempt.deleteMany({ where: { tenantId, delivery: { tenantId, channelId } } })
    await db.alertDelivery.deleteMany({ where })
    await db.alertMessage.deleteMany({ where })
    // Mails that asked an address stay counted: whoever deletes a channel and makes it anew sends no more of them.
    await db.alertAddress.deleteMany({ where })
    await db.alertChannel.deleteMany({ where: { tenantId, id } })
  })
}

import type { AlertChannel } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { TenantClient } from '../storage/scope/scope.ts'
import type { Channel } from './channels/channel.ts'
import type { Decision, Planned } from './plan.ts'
import type { Act } from './standing.ts'

/** What a decision is about. */
export interface Place {
  channel: Pick<AlertChannel, 'tenantId' | 'id'>
  kind: Pick<Channel, 'forPrograms'>
  act: Act
  anomalyId: string
  /** In which the anomaly is reported; its own where it was not begun. */
  conversationId: string
  now: Date
}

/**
 * Writes down what was decided, in the caller's transaction.
 * @returns false where what it should cancel out is no longer there: nothing is written
 */
export async function applyDecision(
  db: TenantClient,
  given: Place,
  { planned, severity, withdraw, supersedes, joins }: Decision,
): Promise<boolean> {
  const place = joins === undefined ? given : { ...given, conversationId: joins.conversation.id }
  const isCarried = joins !== undefined && planned !== undefined && (await carried(db, place, planned))
  // What it takes the place of may be what it is to be sent with.
  const timed = planned && (await amongWaiting(db, place, planned))
  if (supersedes !== undefined && !isCarried) {
    const count = await supersede(db, place, supersedes)
    if (supersedes.cancelsOut && count === 0) return false
  }
  const { tenantId, id: channelId } = place.channel
  const { anomalyId, conversationId } = place
  if (withdraw) await db.alertMessage.deleteMany({ where: { tenantId, channelId, anomalyId } })
  if (severity !== undefined) {
    const { count } = await db.alertMessage.updateMany({
      where: { tenantId, channelId, anomalyId },
      data: { severity },
    })
    if (count === 0)
      await db.alertMessage.create({ data: { tenantId, channelId, anomalyId, severity, conversationId } })
  }
  if (joins !== undefined) await insert(db, place, joins.log, String(place.act.seq))
  if (timed === undefined || isCarried) return true
  if (timed.isUrgent && timed.state === 'WAITING') await release(db, place)
  const key = joins === undefined ? String(place.act.seq) : `${place.act.seq} joined`
  await insert(db, place, timed, key, joins === undefined ? 0 : 1)
  return true
}

/** What begins something: what joins meanwhile can be in the same message. */
const BEGINNINGS = ['RAISED', 'ESCALATED', 'REOPENED']

/**
 * Has an anomaly reported by a message of its conversation that waits and was not made yet.
 * @returns false when there is none
 */
async function carried(
  db: TenantClient,
  { channel: { tenantId, id: channelId }, conversationId }: Place,
  planned: Planned,
): Promise<boolean> {
  const { held } = planned
  // What is held may never be sent: only what is held as well can go with it.
  const waiting = { tenantId, channelId, state: 'WAITING', held, attempts: 0, digestId: null, body: null }
  const [carrier] = await db.alertDelivery.findMany({
    where: { ...waiting, conversationId, OR: [{ reason: { in: BEGINNINGS } }, { joined: { gt: 0 } }] },
    orderBy: { seq: 'asc' },
    take: 1,
  })
  if (carrier === undefined) return false
  // Nothing holds back what is urgent.
  const sooner = planned.isUrgent && planned.dueAt < carrier.dueAt
  const { count } = await db.alertDelivery.updateMany({
    where: { ...waiting, id: carrier.id },
    data: {
      joined: { increment: 1 },
      ...(planned.isUrgent && { grouped: false, why: null }),
      ...(sooner && { dueAt: planned.dueAt }),
    },
  })
  return count === 1
}

async function supersede(
  db: TenantClient,
  { channel: { tenantId, id: channelId }, conversationId, anomalyId, act }: Place,
  { what, why, seq }: NonNullable<Decision['supersedes']>,
): Promise<number> {
  const { count } = await db.alertDelivery.updateMany({
    where: {
      tenantId,
      channelId,
      conversationId,
      state: 'WAITING',
      digestId: null,
      seq: seq ?? { lt: act.seq },
      ...(what !== 'all' && { attempts: 0, anomalyId }),
      ...((what === 'untried acts' || what === 'untried act') && { byPerson: true }),
      // A message that is about other anomalies as well is still sent.
      ...(what === 'untried news' && { reason: { in: [...BEGINNINGS, 'UPDATED'] }, joined: 0 }),
    },
    data: { state: 'SUPERSEDED', why },
  })
  return count
}

/**
 * What follows something of its conversation that is held back to be sent together with others goes with it, unless it is
 * CRITICAL. A program gets it by itself, after that.
 */
async function amongWaiting(db: TenantClient, place: Place, planned: Planned): Promise<Planned> {
  if (planned.grouped || planned.isUrgent || planned.state !== 'WAITING' || place.kind.forPrograms)
    return planned
  const [last] = await db.alertDelivery.findMany({
    where: { ...heldBack(place), held: planned.held },
    orderBy: { dueAt: 'desc' },
    take: 1,
  })
  if (last === undefined) return planned
  const dueAt = last.dueAt > planned.dueAt ? last.dueAt : planned.dueAt
  return { ...planned, grouped: true, dueAt, why: last.why }
}

/** What is CRITICAL waits for nothing: what was held back of its conversation goes at once, before it. */
const release = (db: TenantClient, place: Place): Promise<unknown> =>
  db.alertDelivery.updateMany({
    where: heldBack(place),
    data: { grouped: false, dueAt: place.now, why: null },
  })

const heldBack = ({ channel: { tenantId, id: channelId }, conversationId }: Place) =>
  ({ tenantId, channelId, conversationId, state: 'WAITING', grouped: true, digestId: null }) as const

async function insert(
  db: TenantClient,
  { channel: { tenantId, id: channelId }, anomalyId, conversationId, act, now }: Place,
  { isUrgent: _, ...planned }: Planned,
  key: string,
  joined = 0,
): Promise<void> {
  await db.alertDelivery.create({
    data: {
      tenantId,
      id: newId('dlv'),
      channelId,
      anomalyId,
      conversationId,
      joined,
      seq: act.seq,
      key,
      createdAt: now,
      ...planned,
    },
  })
}

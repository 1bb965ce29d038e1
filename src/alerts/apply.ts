import type { AlertChannel } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { TenantClient } from '../storage/scope/scope.ts'
import type { Decision, Planned } from './plan.ts'
import type { Act } from './standing.ts'

/** What a decision is about. */
export interface Place {
  channel: Pick<AlertChannel, 'tenantId' | 'id'>
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
  if (planned === undefined || isCarried) return true
  if (!planned.grouped && planned.state === 'WAITING') await release(db, place)
  const key = joins === undefined ? String(place.act.seq) : `${place.act.seq} joined`
  await insert(db, place, planned, key, joins === undefined ? 0 : 1)
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
  const waiting = { tenantId, channelId, state: 'WAITING', attempts: 0, digestId: null, body: null }
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

/** What is CRITICAL does not wait for what was held back of the same conversation: that goes at once, before it. */
async function release(
  db: TenantClient,
  { channel: { tenantId, id: channelId }, conversationId, now }: Place,
): Promise<void> {
  await db.alertDelivery.updateMany({
    where: { tenantId, channelId, conversationId, state: 'WAITING', grouped: true, digestId: null },
    data: { grouped: false, dueAt: now, why: null },
  })
}

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

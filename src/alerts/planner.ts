import type { AlertChannel, Anomaly } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { Logger } from '../log.ts'
import { type ChannelKey, channelsBehind } from '../storage/alerts/due.ts'
import type { Database } from '../storage/database.ts'
import { type Scope, scopeTo, type TenantClient } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import type { Channels } from './channels/registry.ts'
import { type Act, ALERTING_KINDS, CRITICAL, type Decision, decide, type Standing } from './decide.ts'
import { FLOOD, floodTime } from './flood.ts'
import { readRouting } from './routing.ts'
import { readSchedule } from './schedule.ts'

export interface PlannerParts {
  database: Database
  channels: Channels
  clock: WallClock
  log: Pick<Logger, 'error'>
}

/** Channels looked at in one round, and acts planned in one transaction. */
const MAX_CHANNELS = 500
const PAGE = 25

/**
 * Plans what every channel reports of its tenant's feed since it was planned last. The feed is the outbox: an act and
 * its number are committed with the anomaly, and a channel's cursor moves in the transaction that plans what follows.
 * @returns how many acts were planned; 0: there is nothing more
 */
export async function planAll(parts: PlannerParts): Promise<number> {
  let planned = 0
  for (const key of await channelsBehind(parts.database, ALERTING_KINDS, MAX_CHANNELS)) {
    try {
      planned += await planChannel(parts, key)
    } catch (err) {
      // One tenant's trouble is not everybody's.
      parts.log.error({ err, tenant: key.tenantId, channel: key.channelId }, 'alerts were not planned')
    }
  }
  return planned
}

/** @returns how many acts of the feed were planned; 0 also when another process planned them first */
export async function planChannel(
  { database, channels, clock }: PlannerParts,
  { tenantId, channelId }: ChannelKey,
): Promise<number> {
  const scope = scopeTo(database, tenantId)
  const channel = await scope.db.alertChannel.findFirst({ where: { tenantId, id: channelId } })
  const tenant = await scope.db.tenant.findFirst({ where: { id: tenantId } })
  const kind = channel && channels.get(channel.target)
  // A kind that only a newer program knows is left to it.
  if (!channel || !tenant || !kind) return 0
  const page = await readActs(scope, channel, tenant.seq)
  const setting = {
    channel,
    kind,
    routing: readRouting(channel.routing),
    schedule: readSchedule(channel.schedule),
    timezone: tenant.timezone,
    now: clock.now(),
  }
  const moved = await scope.transaction(async (db) => {
    // Whoever moves the cursor plans; it is also the lock.
    const { count } = await db.alertChannel.updateMany({
      where: { tenantId, id: channelId, cursor: channel.cursor, state: channel.state },
      data: { cursor: page.until },
    })
    if (count === 0) return false
    const together = async (decision: Decision, anomaly: Anomaly): Promise<Decision> => {
      const { planned } = decision
      const mayWait = planned?.reason === 'RAISED' && planned.state === 'WAITING' && !planned.grouped
      if (!mayWait || anomaly.severity >= CRITICAL || kind.digest === undefined) return decision
      const dueAt = await floodTime(db, channel, setting.now)
      return dueAt === undefined
        ? decision
        : { ...decision, planned: { ...planned, dueAt, grouped: true, why: FLOOD } }
    }
    for (const { act, anomaly } of page.acts) {
      const standing = await readStanding(db, channel, anomaly.id)
      const write = (decision: Decision) => apply(db, channel, act, anomaly.id, decision, setting.now)
      const isDone = await write(await together(decide(act, anomaly, standing, setting), anomaly))
      // What the act was to cancel out was sent at this very moment: so the act is reported, too.
      if (!isDone) await write(decide(act, anomaly, { ...standing, untried: [], isTold: true }, setting))
    }
    return true
  })
  return moved ? Number(page.until - channel.cursor) : 0
}

interface ActsPage {
  acts: readonly { act: Act; anomaly: Anomaly }[]
  /** Up to where the feed was read. */
  until: bigint
}

/** @param head of the feed, read before: what commits meanwhile is for the next page */
async function readActs({ db, tenantId }: Scope, channel: AlertChannel, head: bigint): Promise<ActsPage> {
  const acts = await db.activity.findMany({
    where: { tenantId, seq: { gt: channel.cursor, lte: head }, kind: { in: [...ALERTING_KINDS] } },
    orderBy: { seq: 'asc' },
    take: PAGE,
  })
  const ids = [...new Set(acts.flatMap(({ anomalyId }) => anomalyId ?? []))]
  const anomalies = await db.anomaly.findMany({ where: { tenantId, id: { in: ids } } })
  const byId = new Map(anomalies.map((anomaly) => [anomaly.id, anomaly]))
  return {
    acts: acts.flatMap((act) => {
      const anomaly = byId.get(act.anomalyId ?? '')
      return anomaly === undefined ? [] : [{ act, anomaly }]
    }),
    until: acts.length < PAGE ? head : (acts.at(-1)?.seq ?? head),
  }
}

async function readStanding(
  db: TenantClient,
  { tenantId, id: channelId }: AlertChannel,
  anomalyId: string,
): Promise<Standing> {
  const message = await db.alertMessage.findFirst({ where: { tenantId, channelId, anomalyId } })
  const rows = await db.alertDelivery.findMany({
    where: { tenantId, channelId, anomalyId },
    select: { reason: true, state: true, attempts: true, byPerson: true, digestId: true },
  })
  const untried = rows.filter(({ state, attempts, digestId }) => {
    return state === 'WAITING' && attempts === 0 && digestId === null
  })
  return {
    severity: message?.severity,
    isKnown: rows.length > 0,
    isTold: rows.some(
      ({ state, attempts, digestId }) => state === 'DELIVERED' || attempts > 0 || digestId !== null,
    ),
    untried,
  }
}

/** What is CRITICAL does not wait for what was held back of the same anomaly: that goes at once, before it. */
async function release(
  db: TenantClient,
  anomaly: { tenantId: string; channelId: string; anomalyId: string },
  now: Date,
): Promise<void> {
  await db.alertDelivery.updateMany({
    where: { ...anomaly, state: 'WAITING', grouped: true, digestId: null },
    data: { grouped: false, dueAt: now, why: null },
  })
}

/** Writes down what was decided. @returns false where what it should cancel out is no longer there: nothing is written */
async function apply(
  db: TenantClient,
  { tenantId, id: channelId }: AlertChannel,
  act: Act,
  anomalyId: string,
  { planned, severity, withdraw, supersedes }: Decision,
  now: Date,
): Promise<boolean> {
  if (supersedes !== undefined) {
    const { what, why, cancelsOut } = supersedes
    const { count } = await db.alertDelivery.updateMany({
      where: {
        tenantId,
        channelId,
        anomalyId,
        state: 'WAITING',
        digestId: null,
        seq: { lt: act.seq },
        ...(what !== 'all' && { attempts: 0 }),
        ...(what === 'untried acts' && { byPerson: true }),
      },
      data: { state: 'SUPERSEDED', why },
    })
    if (cancelsOut && count === 0) return false
  }
  if (withdraw) await db.alertMessage.deleteMany({ where: { tenantId, channelId, anomalyId } })
  if (severity !== undefined) {
    const { count } = await db.alertMessage.updateMany({
      where: { tenantId, channelId, anomalyId },
      data: { severity },
    })
    if (count === 0) await db.alertMessage.create({ data: { tenantId, channelId, anomalyId, severity } })
  }
  if (planned === undefined) return true
  if (!planned.grouped && planned.state === 'WAITING')
    await release(db, { tenantId, channelId, anomalyId }, now)
  const { isUrgent: _, ...row } = planned
  await db.alertDelivery.create({
    data: {
      tenantId,
      id: newId('dlv'),
      channelId,
      anomalyId,
      seq: act.seq,
      key: String(act.seq),
      createdAt: now,
      ...row,
    },
  })
  return true
}

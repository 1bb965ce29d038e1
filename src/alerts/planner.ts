import type { AlertChannel, Anomaly } from '../generated/sqlite/client.ts'
import type { Logger } from '../log.ts'
import { type ChannelKey, channelsBehind } from '../storage/alerts/due.ts'
import type { Database } from '../storage/database.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import { applyDecision } from './apply.ts'
import type { Channels } from './channels/registry.ts'
import { decide } from './decide.ts'
import { FLOOD, floodTime } from './flood.ts'
import { KEY_REFUSED, planKeyNotice } from './key-notice.ts'
import { CRITICAL, type Decision } from './plan.ts'
import { ALERTING_KINDS } from './reason.ts'
import { readRouting } from './routing.ts'
import { readSchedule, timingOf } from './schedule.ts'
import { type Act, readStanding } from './standing.ts'

export interface PlannerParts {
  database: Database
  channels: Channels
  clock: WallClock
  log: Pick<Logger, 'error'>
}

/** Channels looked at in one round, and acts planned in one transaction. */
const MAX_CHANNELS = 500
const PAGE = 25

const PLANNED_KINDS = [...ALERTING_KINDS, KEY_REFUSED]

/**
 * Plans what every channel reports of its tenant's feed since it was planned last. The feed is the outbox: an act and
 * its number are committed with the anomaly, and a channel's cursor moves in the transaction that plans what follows.
 * @returns how many acts were planned; 0: there is nothing more
 */
export async function planAll(parts: PlannerParts): Promise<number> {
  let planned = 0
  for (const key of await channelsBehind(parts.database, PLANNED_KINDS, MAX_CHANNELS)) {
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
      const soonest = await floodTime(db, channel, setting.now)
      if (soonest === undefined) return decision
      const { dueAt, why } = timingOf(setting.schedule, setting.timezone, soonest, setting.now)
      return { ...decision, planned: { ...planned, dueAt, grouped: true, why: why ?? FLOOD } }
    }
    for (const act of page.refusedKeys) await planKeyNotice(db, channel, setting.routing, act, setting.now)
    for (const { act, anomaly } of page.acts) {
      const standing = await readStanding(db, channel, kind, anomaly, act)
      const conversationId = standing.conversation?.id ?? anomaly.id
      const write = (decision: Decision) =>
        applyDecision(
          db,
          { channel, kind, act, anomalyId: anomaly.id, conversationId, now: setting.now },
          decision,
        )
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
  refusedKeys: readonly Act[]
  /** Up to where the feed was read. */
  until: bigint
}

/** @param head of the feed, read before: what commits meanwhile is for the next page */
async function readActs({ db, tenantId }: Scope, channel: AlertChannel, head: bigint): Promise<ActsPage> {
  const acts = await db.activity.findMany({
    where: { tenantId, seq: { gt: channel.cursor, lte: head }, kind: { in: PLANNED_KINDS } },
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
    refusedKeys: acts.filter(({ kind }) => kind === KEY_REFUSED),
    until: acts.length < PAGE ? head : (acts.at(-1)?.seq ?? head),
  }
}

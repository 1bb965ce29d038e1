import type { Tenant } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { ChannelKey } from '../storage/alerts/due.ts'
import { channelsToSumUp } from '../storage/alerts/summaries.ts'
import { type Scope, scopeTo } from '../storage/scope/scope.ts'
import type { NoticeMessage } from './message.ts'
import type { PlannerParts } from './planner.ts'
import { nextSummary } from './schedule.ts'

const MAX_CHANNELS = 200
const WEEK_MS = 7 * 86_400_000

/** Plans the weekly summaries that are due: a mail also when nothing happened, so that silence means that all is well. */
export async function planSummaries({ database, clock, log }: PlannerParts): Promise<void> {
  const now = clock.now()
  for (const key of await channelsToSumUp(database, now, MAX_CHANNELS)) {
    await planSummary(scopeTo(database, key.tenantId), key, now).catch((err: unknown) =>
      log.error({ err, tenant: key.tenantId, channel: key.channelId }, 'a summary was not planned'),
    )
  }
}

async function planSummary(scope: Scope, { tenantId, channelId }: ChannelKey, now: Date): Promise<void> {
  await scope.transaction(async (db) => {
    const channel = await db.alertChannel.findFirst({ where: { tenantId, id: channelId } })
    const tenant = await db.tenant.findFirst({ where: { id: tenantId } })
    if (channel === null || tenant === null) return
    const { summaryAt, cursor } = channel
    // Another process was first.
    if (summaryAt !== null && summaryAt > now) return
    const { count } = await db.alertChannel.updateMany({
      where: { tenantId, id: channelId, summaryAt },
      data: { summaryAt: nextSummary(tenant.timezone, now) },
    })
    // The first week begins when the channel does.
    if (count === 0 || summaryAt === null) return
    await db.alertDelivery.create({
      data: {
        tenantId,
        id: newId('dlv'),
        channelId,
        seq: cursor,
        key: `summary ${summaryAt.toISOString()}`,
        reason: 'WEEKLY_SUMMARY',
        state: 'WAITING',
        createdAt: now,
        dueAt: now,
      },
    })
  })
}

/** The week in brief. */
export async function summaryNotice(
  { db, tenantId }: Scope,
  { name }: Pick<Tenant, 'name'>,
  { baseUrl, now }: { baseUrl: string; now: Date },
): Promise<NoticeMessage> {
  const since = new Date(now.getTime() - WEEK_MS)
  const live = { tenantId, origin: 'LIVE' }
  const goingOn = { ...live, endedAt: null }
  const raised = await db.anomaly.count({ where: { ...live, createdAt: { gte: since } } })
  const open = await db.anomaly.count({ where: { ...goingOn, status: 'OPEN' } })
  const acknowledged = await db.anomaly.count({ where: { ...goingOn, status: 'ACKNOWLEDGED' } })
  const events = await db.stripeEvent.count({ where: { tenantId, receivedAt: { gte: since } } })
  const newOnes = raised === 1 ? '1 anomaly was found' : `${raised} anomalies were found`
  const came = events === 1 ? '1 event of Stripe came' : `${events} events of Stripe came`
  const isWell = raised === 0 && open === 0 && acknowledged === 0
  return {
    type: 'notice',
    reason: 'WEEKLY_SUMMARY',
    at: now,
    tenant: name,
    title: titleOf({ events, isWell, newOnes: raised === 0 ? 'no new anomaly' : newOnes }),
    text: [
      `In the last seven days ${came}, and ${raised === 0 ? 'no anomaly was found' : newOnes}. ${standingOf(open, acknowledged)}`,
      ...(events === 0 ? ['No event came at all: see whether the webhook is still set up at Stripe.'] : []),
    ],
    url: `${baseUrl}/`,
  }
}

/** Where nothing came, that nothing was found says nothing. */
function titleOf({ events, isWell, newOnes }: { events: number; isWell: boolean; newOnes: string }): string {
  if (events === 0) return 'Nothing came from Stripe this week'
  return isWell ? 'All was well this week' : `The week: ${newOnes}`
}

/** What somebody acknowledged goes on, though it needs nobody else. */
function standingOf(open: number, acknowledged: number): string {
  if (open + acknowledged === 0) return 'None is open.'
  return acknowledged === 0
    ? `Open now: ${open}.`
    : `Open now: ${open}. Acknowledged, and not over: ${acknowledged}.`
}

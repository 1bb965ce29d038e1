import type { Activity, AlertChannel, Anomaly } from '../generated/sqlite/client.ts'
import type { TenantClient } from '../storage/scope/scope.ts'
import type { Channel } from './channels/channel.ts'
import { type Conversation, isOpen, isOver, severityOf } from './conversation.ts'

export type Act = Pick<Activity, 'seq' | 'at' | 'kind' | 'actorKind'>

/** What a channel has of an anomaly so far. */
export interface Standing {
  /** The highest severity that was planned; undefined: it was not begun there. */
  severity: number | undefined
  /** Whether anything about it was ever planned, be it only that it is not reported. */
  isKnown: boolean
  /** Whether anything about it was delivered, or may have been. */
  isTold: boolean
  /** What waits and was not attempted yet. */
  untried: readonly { reason: string; byPerson: boolean; anomalyId: string | null; joined: number }[]
  /** Of the anomalies of one cause, this one among them; undefined: it was not begun there. */
  conversation: Conversation | undefined
  /** Members besides this one that went on at the time of the act. */
  others: readonly Anomaly[]
  /** Where it was not begun: the conversation about its cause, which it joins. */
  joinable: Conversation | undefined
}

export async function readStanding(
  db: TenantClient,
  channel: AlertChannel,
  kind: Pick<Channel, 'forPrograms'>,
  anomaly: Anomaly,
  act: Act,
): Promise<Standing> {
  const { tenantId, id: channelId } = channel
  const conversation = (await readConversations(db, channel, [anomaly.id])).get(anomaly.id)
  const where = conversation === undefined ? { anomalyId: anomaly.id } : { conversationId: conversation.id }
  const rows = await db.alertDelivery.findMany({
    where: { tenantId, channelId, ...where },
    select: {
      reason: true,
      state: true,
      attempts: true,
      byPerson: true,
      digestId: true,
      anomalyId: true,
      joined: true,
    },
  })
  const untried = rows.filter(({ state, attempts, digestId }) => {
    return state === 'WAITING' && attempts === 0 && digestId === null
  })
  const own = conversation?.members.find((member) => member.anomaly.id === anomaly.id)
  return {
    // People hear of the worst there is; a program of each by itself.
    severity: kind.forPrograms ? own?.severity : conversation && severityOf(conversation),
    isKnown: rows.length > 0,
    isTold: rows.some(
      ({ state, attempts, digestId }) => state === 'DELIVERED' || attempts > 0 || digestId !== null,
    ),
    untried: kind.forPrograms ? untried.filter(({ anomalyId }) => anomalyId === anomaly.id) : untried,
    conversation,
    others: conversation ? await othersAt(db, conversation, anomaly, act) : [],
    joinable: conversation ? undefined : await readJoinable(db, channel, anomaly),
  }
}

/** The conversations in which a channel reports some anomalies, by anomaly; without those not begun there. */
export async function readConversations(
  db: Pick<TenantClient, 'alertMessage' | 'anomaly'>,
  { tenantId, id: channelId }: Pick<AlertChannel, 'tenantId' | 'id'>,
  anomalyIds: readonly string[],
): Promise<Map<string, Conversation>> {
  const own = await db.alertMessage.findMany({
    where: { tenantId, channelId, anomalyId: { in: [...anomalyIds] } },
  })
  if (own.length === 0) return new Map()
  const ids = [...new Set(own.map(({ conversationId, anomalyId }) => conversationId ?? anomalyId))]
  const messages = await db.alertMessage.findMany({
    where: { tenantId, channelId, conversationId: { in: ids } },
  })
  const anomalies = await db.anomaly.findMany({
    where: { tenantId, id: { in: messages.map(({ anomalyId }) => anomalyId) } },
    orderBy: { seq: 'asc' },
  })
  const conversations = ids.map((id): Conversation => {
    const severities = new Map(
      messages
        .filter(({ conversationId }) => conversationId === id)
        .map(({ anomalyId, severity }) => [anomalyId, severity]),
    )
    const members = anomalies.flatMap((anomaly) => {
      const severity = severities.get(anomaly.id)
      return severity === undefined ? [] : [{ anomaly, severity }]
    })
    return { id, members }
  })
  return new Map(conversations.flatMap((one) => one.members.map(({ anomaly }) => [anomaly.id, one] as const)))
}

/** What ends or begins anew. */
const TURNS = ['ANOMALY_ENDED', 'ANOMALY_RESOLVED', 'ANOMALY_MARKED_FALSE_POSITIVE', 'ANOMALY_REOPENED']

/** The other members that went on at the time of an act: they are read as they stand now, which may be later. */
async function othersAt(
  db: TenantClient,
  { members }: Conversation,
  { tenantId, id }: Anomaly,
  { seq, kind }: Act,
): Promise<Anomaly[]> {
  const others = members.map(({ anomaly }) => anomaly).filter((anomaly) => anomaly.id !== id)
  if (others.length === 0 || !TURNS.includes(kind)) return others.filter((anomaly) => !isOver(anomaly))
  const later = await db.activity.findMany({
    where: {
      tenantId,
      anomalyId: { in: others.map((anomaly) => anomaly.id) },
      seq: { gt: seq },
      kind: { in: TURNS },
    },
    orderBy: { seq: 'asc' },
  })
  return others.filter((anomaly) => {
    const next = later.find(({ anomalyId }) => anomalyId === anomaly.id)
    return next === undefined ? !isOver(anomaly) : next.kind !== 'ANOMALY_REOPENED'
  })
}

/** The conversation about what explains an anomaly, or what it explains, while that goes on; the most severe one. */
async function readJoinable(
  db: TenantClient,
  channel: AlertChannel,
  { tenantId, id }: Anomaly,
): Promise<Conversation | undefined> {
  const linked = (await linksOf(db, tenantId, [id])).flat().filter((other) => other !== id)
  if (linked.length === 0) return undefined
  const conversations = await readConversations(db, channel, linked)
  const [joinable] = [...new Set(conversations.values())]
    .filter(isOpen)
    .toSorted((a, b) => severityOf(b) - severityOf(a))
  return joinable
}

/** Links that are looked at. */
const MAX_LINKS = 1_000

/** Which anomalies explain some, or are explained by them: the ids of both ends of each link. */
export async function linksOf(
  db: Pick<TenantClient, 'anomalyCause'>,
  tenantId: string,
  ids: readonly string[],
): Promise<[string, string][]> {
  const links = await db.anomalyCause.findMany({
    where: { tenantId, OR: [{ anomalyId: { in: [...ids] } }, { causeId: { in: [...ids] } }] },
    take: MAX_LINKS,
  })
  return links.map(({ anomalyId, causeId }) => [anomalyId, causeId])
}

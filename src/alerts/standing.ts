import { formerStatus, undoneKind, undoneSeq } from '../anomalies/undo.ts'
import type { AnomalyStatus } from '../detection/engine/incident.ts'
import type { Activity, AlertChannel, Anomaly } from '../generated/sqlite/client.ts'
import type { TenantClient } from '../storage/scope/scope.ts'
import type { Channel } from './channels/channel.ts'
import { type Conversation, isOpen, isOver, severityOf } from './conversation.ts'

export type Act = Pick<Activity, 'tenantId' | 'seq' | 'at' | 'kind' | 'actorKind' | 'data'>

/** What a channel has of an anomaly so far. */
export interface Standing {
  /** The highest severity that was planned; undefined: it was not begun there. */
  severity: number | undefined
  /** Whether anything about it was ever planned, be it only that it is not reported. */
  isKnown: boolean
  /** Whether anything about it was delivered, or may have been. */
  isTold: boolean
  /** Whether the anomaly went on at the time of the act. */
  wentOn: boolean
  /** What waits and was not attempted yet, and is held where the channel is disabled. */
  untried: readonly {
    seq: bigint
    reason: string
    byPerson: boolean
    anomalyId: string | null
    joined: number
  }[]
  /** The newest about the anomaly, where that was not sent. */
  lastMuted: { reason: string; why: string | null } | undefined
  /** Of ANOMALY_ACT_UNDONE: what was undone. */
  undone: Undone | undefined
  /** Of the anomalies of one cause, this one among them; undefined: it was not begun there. */
  conversation: Conversation | undefined
  /** Members besides this one that went on at the time of the act. */
  others: readonly Anomaly[]
  /** Where it was not begun: the conversation about its cause, which it joins. */
  joinable: Conversation | undefined
}

/** An act that was undone. */
interface Undone {
  seq: bigint
  kind: string
  /** The status that is restored; undefined where it changed none. */
  status: AnomalyStatus | undefined
  /** Whether the channel reports it, or shows it. */
  isReported: boolean
}

export async function readStanding(
  db: TenantClient,
  channel: AlertChannel,
  kind: Pick<Channel, 'forPrograms' | 'edits'>,
  anomaly: Anomaly,
  act: Act,
): Promise<Standing> {
  const { tenantId, id: channelId } = channel
  const conversation = (await readConversations(db, channel, [anomaly.id])).get(anomaly.id)
  const where = conversation === undefined ? { anomalyId: anomaly.id } : { conversationId: conversation.id }
  const rows = await db.alertDelivery.findMany({
    where: { tenantId, channelId, ...where },
    orderBy: { seq: 'asc' },
    select: {
      seq: true,
      why: true,
      reason: true,
      state: true,
      attempts: true,
      byPerson: true,
      digestId: true,
      anomalyId: true,
      joined: true,
      held: true,
    },
  })
  // What a disabled channel left behind is not sent once it is enabled: it says nothing for what comes then.
  const isDisabled = channel.state === 'DISABLED'
  const untried = rows.filter(({ state, attempts, digestId, held }) => {
    return state === 'WAITING' && attempts === 0 && digestId === null && held === isDisabled
  })
  const own = conversation?.members.find((member) => member.anomaly.id === anomaly.id)
  const ownRows = rows.filter(({ anomalyId }) => anomalyId === anomaly.id)
  const newest = ownRows.at(-1)
  const undone = await readUndone(db, act)
  const isShown = ({ state }: { state: string }): boolean =>
    state !== 'MUTED' && (state !== 'SUPERSEDED' || kind.edits)
  return {
    // People hear of the worst there is; a program of each by itself.
    severity: kind.forPrograms ? own?.severity : conversation && severityOf(conversation),
    isKnown: rows.length > 0,
    isTold: rows.some(
      ({ state, attempts, digestId }) => state === 'DELIVERED' || attempts > 0 || digestId !== null,
    ),
    wentOn: !isOver(anomaly) || (await goingOnAt(db, [anomaly], act)).length > 0,
    untried: kind.forPrograms ? untried.filter(({ anomalyId }) => anomalyId === anomaly.id) : untried,
    lastMuted: newest?.state === 'MUTED' ? newest : undefined,
    undone: undone && {
      ...undone,
      isReported: ownRows.some((row) => row.seq === undone.seq && isShown(row)),
    },
    conversation,
    others: conversation ? await othersAt(db, conversation, anomaly, act) : [],
    joinable: conversation ? undefined : await readJoinable(db, channel, anomaly),
  }
}

async function readUndone(
  db: TenantClient,
  { tenantId, kind, data }: Act,
): Promise<Omit<Undone, 'isReported'> | undefined> {
  const seq = kind === 'ANOMALY_ACT_UNDONE' ? undoneSeq({ tenantId, data }) : undefined
  const act = seq === undefined ? null : await db.activity.findFirst({ where: { tenantId, seq } })
  return act === null ? undefined : { seq: act.seq, kind: act.kind, status: formerStatus(act) }
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

const ENDINGS = ['ANOMALY_ENDED', 'ANOMALY_RESOLVED', 'ANOMALY_MARKED_FALSE_POSITIVE']

/** What ends an anomaly, or has it begin anew. */
const TURNS = [...ENDINGS, 'ANOMALY_REOPENED', 'ANOMALY_ACT_UNDONE']

/** Whether an anomaly went on before an act of these; undefined: it changed nothing of that. */
function wentOnBefore({ kind, data }: Pick<Activity, 'kind' | 'data'>): boolean | undefined {
  if (kind !== 'ANOMALY_ACT_UNDONE') return ENDINGS.includes(kind)
  const undone = undoneKind({ data })
  return undone !== undefined && TURNS.includes(undone) ? !ENDINGS.includes(undone) : undefined
}

/** The other members that went on at the time of an act. */
async function othersAt(
  db: TenantClient,
  { members }: Conversation,
  { id }: Anomaly,
  act: Act,
): Promise<Anomaly[]> {
  const others = members.map(({ anomaly }) => anomaly).filter((anomaly) => anomaly.id !== id)
  return others.length === 0 || !TURNS.includes(act.kind)
    ? others.filter((anomaly) => !isOver(anomaly))
    : goingOnAt(db, others, act)
}

/** Those that went on at the time of an act: they are read as they stand now, which may be later. */
async function goingOnAt(
  db: TenantClient,
  anomalies: readonly Anomaly[],
  { tenantId, seq }: Act,
): Promise<Anomaly[]> {
  const later = await db.activity.findMany({
    where: {
      tenantId,
      anomalyId: { in: anomalies.map(({ id }) => id) },
      seq: { gt: seq },
      kind: { in: TURNS },
    },
    orderBy: { seq: 'asc' },
  })
  return anomalies.filter((anomaly) => {
    const turns = later.filter(({ anomalyId }) => anomalyId === anomaly.id)
    return turns.map(wentOnBefore).find((wentOn) => wentOn !== undefined) ?? !isOver(anomaly)
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

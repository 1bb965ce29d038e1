import type { AlertDelivery, Anomaly } from '../generated/sqlite/client.ts'
import type { Scope } from '../storage/scope/scope.ts'
import type { Channel } from './channels/channel.ts'
import { bestOf, type Conversation } from './conversation.ts'
import { linksOf, readConversations } from './standing.ts'

/** What a message is about. */
export interface Topic {
  anomaly: Anomaly
  /** Others of the same cause, the most severe first: those of its conversation, and all that is linked to them. */
  related: readonly Anomaly[]
  /** The anomaly that its conversation began with. */
  conversationId: string
  /** Those of the conversation; the anomaly alone where it has none any more. */
  members: readonly Anomaly[]
  /** What is sent because of an anomaly that joined, and how many did; undefined: it is not sent for that. */
  joined: { anomaly: Anomaly; count: number } | undefined
}

/** Related anomalies that a message names. */
const MAX_RELATED = 10

export type About = Pick<AlertDelivery, 'anomalyId' | 'joined'>

/** What deliveries of one channel are about, as things stand now; without those whose anomaly is gone. */
export async function readTopics<Delivery extends About>(
  { db, tenantId }: Scope,
  channelId: string,
  kind: Pick<Channel, 'forPrograms'>,
  deliveries: readonly Delivery[],
): Promise<Map<Delivery, Topic>> {
  const ids = [...new Set(deliveries.flatMap(({ anomalyId }) => anomalyId ?? []))]
  const conversations = await readConversations(db, { tenantId, id: channelId }, ids)
  const members = [...conversations.values()].flatMap((one) => one.members.map(({ anomaly }) => anomaly.id))
  const links = await linksOf(db, tenantId, [...ids, ...members])
  const anomalies = await db.anomaly.findMany({
    where: { tenantId, id: { in: [...new Set([...ids, ...members, ...links.flat()])] } },
  })
  const byId = new Map(anomalies.map((anomaly) => [anomaly.id, anomaly]))
  const topics = new Map<Delivery, Topic>()
  for (const delivery of deliveries) {
    const own = byId.get(delivery.anomalyId ?? '')
    if (own === undefined) continue
    const conversation = conversations.get(own.id) ?? aloneWith(own)
    topics.set(delivery, topicOf(own, conversation, { kind, links, byId, joined: delivery.joined }))
  }
  return topics
}

/** @returns what a delivery is about; undefined: the anomaly is gone */
export async function readTopic(
  scope: Scope,
  kind: Pick<Channel, 'forPrograms'>,
  delivery: AlertDelivery,
): Promise<Topic | undefined> {
  return (await readTopics(scope, delivery.channelId, kind, [delivery])).get(delivery)
}

const aloneWith = (anomaly: Anomaly): Conversation => ({
  id: anomaly.id,
  members: [{ anomaly, severity: anomaly.severity }],
})

interface Known {
  kind: Pick<Channel, 'forPrograms'>
  links: readonly (readonly string[])[]
  byId: ReadonlyMap<string, Anomaly>
  joined: number
}

function topicOf(own: Anomaly, conversation: Conversation, { kind, links, byId, joined }: Known): Topic {
  const members = conversation.members.map(({ anomaly }) => anomaly)
  // A program hears of each by itself, once it has heard that they belong together.
  const anomaly = kind.forPrograms && joined === 0 ? own : (bestOf(members) ?? own)
  const ids = new Set(members.map(({ id }) => id))
  for (const link of links.filter((ends) => members.some(({ id }) => ends.includes(id))))
    for (const id of link) ids.add(id)
  const related = [...ids]
    .flatMap((id) => byId.get(id) ?? [])
    .filter(({ id, status }) => id !== anomaly.id && status !== 'FALSE_POSITIVE')
    .sort((a, b) => b.severity - a.severity || Number(a.seq - b.seq))
    .slice(0, MAX_RELATED)
  const isJoin = joined > 0 && conversation.id !== own.id
  return {
    anomaly,
    related,
    conversationId: conversation.id,
    members,
    joined: isJoin ? { anomaly: own, count: joined } : undefined,
  }
}

import type { AlertChannel, AlertDelivery, Tenant } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Channel, OpenChannel } from './channels/channel.ts'
import { type Composing, composeAnomaly } from './compose.ts'
import { isOver } from './conversation.ts'
import { ANOMALY_REASONS, type AnomalyMessage, type DigestMessage } from './message.ts'
import { readTopics, type Topic } from './topic.ts'

/** Rows that are put together at a time. */
const MAX_MEMBERS = 500

interface Member {
  topic: Topic
  rows: readonly AlertDelivery[]
  /** Whether anything of its conversation was sent before, or may have been. */
  isReported: boolean
}

export interface Gathering {
  channel: AlertChannel
  kind: Channel
  open: OpenChannel
  baseUrl: string
  now: Date
}

/**
 * Puts what waits for one moment into digests. What began and ended meanwhile is only counted, unless every anomaly
 * has to be named; one that is named alone, with no such count, needs no digest.
 */
export async function gatherDigests(scope: Scope, gathering: Gathering): Promise<void> {
  const { channel, kind, now } = gathering
  const { tenantId, db } = scope
  const tenant = await db.tenant.findFirst({ where: { id: tenantId } })
  const members = await dueMembers(scope, gathering)
  const isAll = kind.digest?.all ?? true
  const over = isAll ? [] : members.filter(isOverUnreported)
  const named = members.filter((member) => !over.includes(member)).sort(bySeverity)
  if (tenant === null) return
  if (kind.digest === undefined || (named.length <= 1 && over.length === 0))
    return sendAlone(scope, members, now)
  const digests = composeDigests(gathering, tenant, named, over.length)
  try {
    await scope.transaction(async (tx) => {
      await leaveOut(tx, channel, over)
      for (const digest of digests) await insertDigest(tx, gathering, digest, over)
    })
  } catch (error) {
    // What was made does not name that one: the next turn makes it anew.
    if (!(error instanceof JoinedMeanwhile)) throw error
  }
}

/** Another anomaly of the same cause joined one of the members while the digest was made. */
class JoinedMeanwhile extends Error {}

/** @throws JoinedMeanwhile */
function demandUnchanged(changed: readonly AlertDelivery[], members: readonly Member[]): void {
  const known = new Map(members.flatMap(({ rows }) => rows.map(({ id, joined }) => [id, joined] as const)))
  if (changed.some(({ id, joined }) => joined !== (known.get(id) ?? 0))) throw new JoinedMeanwhile()
}

async function dueMembers(scope: Scope, { channel: { id }, kind, now }: Gathering): Promise<Member[]> {
  const { db, tenantId } = scope
  const where = { tenantId, channelId: id, state: 'WAITING', digestId: null, held: false }
  const rows = await db.alertDelivery.findMany({
    where: { ...where, grouped: true, dueAt: { lte: now } },
    orderBy: { seq: 'asc' },
    take: MAX_MEMBERS,
  })
  const topics = await readTopics(scope, id, kind, rows)
  // What is still tried alone goes first: its conversation waits for the next digest.
  const alone = await db.alertDelivery.findMany({
    where: {
      ...where,
      grouped: false,
      conversationId: { in: rows.flatMap((row) => row.conversationId ?? []) },
    },
  })
  const reported = await reportedOf(scope, id, rows)
  const members = new Map<string, Member & { rows: AlertDelivery[] }>()
  for (const [row, topic] of topics) {
    const known = members.get(topic.anomaly.id)
    const isReported = reported.has(topic.conversationId)
    if (known === undefined) members.set(topic.anomaly.id, { topic, rows: [row], isReported })
    else known.rows.push(row)
  }
  return [...members.values()].filter(({ topic, rows: [first] }) => {
    const isBefore = ({ conversationId, seq }: AlertDelivery): boolean =>
      conversationId === topic.conversationId && first !== undefined && seq < first.seq
    return !alone.some(isBefore)
  })
}

/** The conversations of some rows of which something was sent, or may have been. */
async function reportedOf(
  { db, tenantId }: Scope,
  channelId: string,
  rows: readonly AlertDelivery[],
): Promise<ReadonlySet<string | null>> {
  const sent = await db.alertDelivery.findMany({
    where: {
      tenantId,
      channelId,
      conversationId: { in: rows.flatMap((row) => row.conversationId ?? []) },
      OR: [{ state: 'DELIVERED' }, { attempts: { gt: 0 } }, { digestId: { not: null } }],
    },
    distinct: ['conversationId'],
    select: { conversationId: true },
  })
  return new Set(sent.map(({ conversationId }) => conversationId))
}

/** However it began here, and though its end may have taken the place of its beginning. */
const isOverUnreported = ({ topic, isReported }: Member): boolean =>
  !isReported && topic.members.every(isOver)

const bySeverity = ({ topic: { anomaly: a } }: Member, { topic: { anomaly: b } }: Member): number =>
  b.severity - a.severity || Number(a.seq - b.seq)

async function sendAlone({ db, tenantId }: Scope, members: readonly Member[], now: Date): Promise<void> {
  const ids = members.flatMap(({ rows }) => rows.map(({ id }) => id))
  await db.alertDelivery.updateMany({
    where: { tenantId, id: { in: ids }, state: 'WAITING' },
    data: { grouped: false, dueAt: now, why: null },
  })
}

interface Digest {
  members: readonly Member[]
  body: string
}

/** One digest, also where there is nothing but a count; of kinds that name all as many as it takes. */
function composeDigests(
  { kind, open, baseUrl, now }: Gathering,
  tenant: Tenant,
  named: readonly Member[],
  ended: number,
): Digest[] {
  const limit = kind.digest ?? { names: 10, bytes: 20_000, all: false }
  const composing = { tenant, baseUrl, now }
  const messages = named.map((member) => messageOf(member, composing))
  const digests: Digest[] = []
  let from = 0
  do {
    let names = Math.min(limit.names, named.length - from)
    const render = (): string => {
      const shown = messages.slice(from, from + names)
      const more = named.length - from - names
      return open.render(digestOf(shown, { more, ended, total: named.length - from, composing }))
    }
    let body = render()
    while (names > 1 && Buffer.byteLength(body) > limit.bytes) {
      names = Math.floor(names * 0.75)
      body = render()
    }
    digests.push({ members: limit.all ? named.slice(from, from + names) : named, body })
    from = limit.all ? from + names : named.length
  } while (from < named.length)
  return digests
}

function messageOf({ topic, rows }: Member, composing: Composing): AnomalyMessage {
  const newest = rows.at(-1)?.reason
  return composeAnomaly(topic, ANOMALY_REASONS.find((known) => known === newest) ?? 'UPDATED', composing)
}

interface Rest {
  more: number
  ended: number
  total: number
  composing: Composing
}

const counted = (count: number): string => (count === 1 ? '1 anomaly' : `${count} anomalies`)

const digestOf = (
  anomalies: readonly AnomalyMessage[],
  { more, ended, total, composing: { tenant, baseUrl, now } }: Rest,
): DigestMessage => ({
  type: 'digest',
  at: now,
  tenant: tenant.name,
  title: total === 0 ? `${counted(ended)} came and ended` : counted(total),
  anomalies,
  more,
  ended,
  url: `${baseUrl}/`,
})

/** What ended before it was reported is not reported any more, and neither is its end. */
async function leaveOut(
  db: TenantClient,
  { tenantId, id }: AlertChannel,
  over: readonly Member[],
): Promise<void> {
  const conversationId = { in: over.map(({ topic }) => topic.conversationId) }
  const where = { tenantId, channelId: id, conversationId }
  const left = await db.alertDelivery.updateManyAndReturn({
    where: { ...where, state: 'WAITING', digestId: null },
    data: { state: 'SUPERSEDED', why: 'it ended before it was sent' },
  })
  demandUnchanged(left, over)
  await db.alertMessage.deleteMany({ where })
}

async function insertDigest(
  db: TenantClient,
  { channel: { tenantId, id: channelId }, now }: Gathering,
  { members, body }: Digest,
  over: readonly Member[],
): Promise<void> {
  const rows = members.flatMap((member) => member.rows)
  const seq = leastSeq(members.length > 0 ? members : over)
  const id = newId('dlv')
  await db.alertDelivery.create({
    data: {
      tenantId,
      id,
      channelId,
      seq,
      key: `digest ${seq}`,
      reason: 'DIGEST',
      state: 'WAITING',
      createdAt: now,
      dueAt: now,
      body,
    },
  })
  const carried = await db.alertDelivery.updateManyAndReturn({
    where: { tenantId, id: { in: rows.map((row) => row.id) }, state: 'WAITING' },
    data: { digestId: id },
  })
  demandUnchanged(carried, members)
}

const leastSeq = (members: readonly Member[]): bigint => {
  const [first = 0n, ...others] = members.flatMap(({ rows }) => rows.map(({ seq }) => seq))
  return others.reduce((least, seq) => (seq < least ? seq : least), first)
}

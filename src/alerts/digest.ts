import type { AlertChannel, AlertDelivery, Anomaly, Tenant } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { Channel, OpenChannel } from './channels/channel.ts'
import { type Composing, composeAnomaly, relatedTo } from './compose.ts'
import { ANOMALY_REASONS, type AnomalyMessage, type DigestMessage } from './message.ts'

/** Rows that are put together at a time. */
const MAX_MEMBERS = 500

interface Member {
  anomaly: Anomaly
  rows: AlertDelivery[]
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
 * has to be named; one alone needs no digest.
 */
export async function gatherDigests(scope: Scope, gathering: Gathering): Promise<void> {
  const { channel, kind, now } = gathering
  const { tenantId, db } = scope
  const tenant = await db.tenant.findFirst({ where: { id: tenantId } })
  const members = await dueMembers(scope, channel, now)
  const isAll = kind.digest?.all ?? true
  const over = isAll ? [] : members.filter(isOverUntold)
  const named = members.filter((member) => !over.includes(member)).sort(bySeverity)
  if (tenant === null) return
  if (kind.digest === undefined || (named.length <= 1 && over.length === 0))
    return sendAlone(scope, members, now)
  const digests = named.length === 0 ? [] : await composeDigests(scope, gathering, tenant, named, over.length)
  await scope.transaction(async (tx) => {
    await leaveOut(tx, channel, over)
    for (const { members: carried, body } of digests) await insertDigest(tx, gathering, carried, body)
  })
}

async function dueMembers({ db, tenantId }: Scope, { id }: AlertChannel, now: Date): Promise<Member[]> {
  const where = { tenantId, channelId: id, state: 'WAITING', digestId: null, held: false }
  const rows = await db.alertDelivery.findMany({
    where: { ...where, grouped: true, dueAt: { lte: now } },
    orderBy: { seq: 'asc' },
    take: MAX_MEMBERS,
  })
  const ids = [...new Set(rows.flatMap(({ anomalyId }) => anomalyId ?? []))]
  const anomalies = await db.anomaly.findMany({ where: { tenantId, id: { in: ids } } })
  // What is still tried alone goes first: its anomaly waits for the next digest.
  const alone = await db.alertDelivery.findMany({
    where: { ...where, grouped: false, anomalyId: { in: ids } },
  })
  const isFree = ({ anomaly, rows: [first] }: Member): boolean =>
    !alone.some(({ anomalyId, seq }) => anomalyId === anomaly.id && first !== undefined && seq < first.seq)
  return anomalies
    .map((anomaly) => ({ anomaly, rows: rows.filter(({ anomalyId }) => anomalyId === anomaly.id) }))
    .filter(isFree)
}

const isOverUntold = ({ anomaly: { endedAt, status }, rows }: Member): boolean =>
  (endedAt !== null || status === 'RESOLVED' || status === 'FALSE_POSITIVE') &&
  rows.some(({ reason }) => reason === 'RAISED')

const bySeverity = (a: Member, b: Member): number =>
  b.anomaly.severity - a.anomaly.severity || Number(a.anomaly.seq - b.anomaly.seq)

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

/** One digest; of kinds that name all as many as it takes. */
async function composeDigests(
  scope: Scope,
  { kind, open, baseUrl, now }: Gathering,
  tenant: Tenant,
  named: readonly Member[],
  ended: number,
): Promise<Digest[]> {
  const limit = kind.digest ?? { names: 10, bytes: 20_000, all: false }
  const composing = { tenant, baseUrl, now }
  const messages: AnomalyMessage[] = []
  for (const member of named) messages.push(await messageOf(scope, member, composing))
  const digests: Digest[] = []
  for (let from = 0; from < named.length; ) {
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
  }
  return digests
}

async function messageOf(
  scope: Scope,
  { anomaly, rows }: Member,
  composing: Composing,
): Promise<AnomalyMessage> {
  const newest = rows.at(-1)?.reason
  const reason = ANOMALY_REASONS.find((known) => known === newest) ?? 'UPDATED'
  return composeAnomaly(anomaly, await relatedTo(scope, anomaly.id), reason, composing)
}

interface Rest {
  more: number
  ended: number
  total: number
  composing: Composing
}

const digestOf = (
  anomalies: readonly AnomalyMessage[],
  { more, ended, total, composing: { tenant, baseUrl, now } }: Rest,
): DigestMessage => ({
  type: 'digest',
  at: now,
  tenant: tenant.name,
  title: total === 1 ? '1 anomaly' : `${total} anomalies`,
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
  const anomalyId = { in: over.map(({ anomaly }) => anomaly.id) }
  const where = { tenantId, channelId: id, anomalyId }
  await db.alertDelivery.updateMany({
    where: { ...where, state: 'WAITING', digestId: null },
    data: { state: 'SUPERSEDED', why: 'it ended before it was sent' },
  })
  await db.alertMessage.deleteMany({ where })
}

async function insertDigest(
  db: TenantClient,
  { channel: { tenantId, id: channelId }, now }: Gathering,
  members: readonly Member[],
  body: string,
): Promise<void> {
  const rows = members.flatMap((member) => member.rows)
  const seq = rows.reduce((least, row) => (row.seq < least ? row.seq : least), rows[0]?.seq ?? 0n)
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
  await db.alertDelivery.updateMany({
    where: { tenantId, id: { in: rows.map((row) => row.id) }, state: 'WAITING' },
    data: { digestId: id },
  })
}

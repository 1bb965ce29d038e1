import { anomalyJson } from '../anomalies/json.ts'
import { span } from '../detection/kit/words.ts'
import type { Anomaly, Tenant } from '../generated/sqlite/client.ts'
import { readActor, readSeries, readSubjects } from '../storage/anomaly-columns.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { dashboardUrl } from '../stripe/links.ts'
import type { AnomalyMessage, AnomalyReason, Fact } from './message.ts'

/** Objects, related anomalies and points of a series that a message names. */
const MAX_OBJECTS = 10
const MAX_RELATED = 10
const MAX_POINTS = 30

export interface Composing {
  tenant: Pick<Tenant, 'name' | 'timezone'>
  /** Where pages begin: PUBLIC_URL, or the address that the server listens on. */
  baseUrl: string
  /** When the message is made. */
  now: Date
}

/** The page of an anomaly. */
export const anomalyUrl = (baseUrl: string, id: string): string => `${baseUrl}/a/${id}`

/** What a message about an anomaly says, as the anomaly stands now. */
export function composeAnomaly(
  anomaly: Anomaly,
  related: readonly Anomaly[],
  reason: AnomalyReason,
  { tenant, baseUrl, now }: Composing,
): AnomalyMessage {
  const { account, livemode } = anomaly
  const subjects = readSubjects(anomaly.subjects)
  const clock = localClock(tenant.timezone)
  return {
    type: 'anomaly',
    reason,
    at: now,
    tenant: tenant.name,
    anomaly: anomalyJson(anomaly, related.slice(0, MAX_RELATED)),
    state: stateOf(anomaly, clock),
    facts: factsOf(anomaly, clock),
    objects: subjects.slice(0, MAX_OBJECTS).map(({ type, id }) => ({
      label: `${type.replaceAll('_', ' ')} ${id}`,
      url: dashboardUrl(type, id, { account: account ?? undefined, livemode }),
    })),
    moreObjects: Math.max(0, subjects.length - MAX_OBJECTS),
    related: anomalyJson(anomaly, related.slice(0, MAX_RELATED)).related.map(({ id, severity, title }) => ({
      id,
      severity,
      title,
      url: anomalyUrl(baseUrl, id),
    })),
    series: thinned(readSeries(anomaly.series)),
    url: anomalyUrl(baseUrl, anomaly.id),
  }
}

type LocalClock = (at: Date) => string

/** E.g. `Fri 28 Nov, 14:10`. */
function localClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
  return (at) => format.format(at).replace(/^(\w+), /, '$1 ')
}

function stateOf(anomaly: Anomaly, clock: LocalClock): string {
  const { status, startedAt, endedAt } = anomaly
  const by = (json: string | null): string => {
    const actor = readActor(json)
    return actor === null || actor.kind === 'SYSTEM' ? '' : ` by ${actor.name}`
  }
  if (status === 'FALSE_POSITIVE') return `Marked as a false positive${by(anomaly.resolvedBy)}`
  if (endedAt !== null) {
    const seconds = Math.max(0, (endedAt.getTime() - startedAt.getTime()) / 1_000)
    return `Ended ${clock(endedAt)}${seconds >= 60 ? `, after ${span(seconds)}` : ''}`
  }
  if (status === 'RESOLVED') return `Resolved${by(anomaly.resolvedBy)}`
  if (status === 'ACKNOWLEDGED') return `Acknowledged${by(anomaly.acknowledgedBy)}`
  return 'Open'
}

function factsOf(anomaly: Anomaly, clock: LocalClock): Fact[] {
  const { impact, confidence, occurrences, customerId, account, livemode } = anomalyJson(anomaly, [])
  const fact = (label: string, value: string | null | undefined): Fact[] => (value ? [{ label, value }] : [])
  return [
    ...fact('Money at risk', impact?.formatted),
    ...fact('Since', clock(anomaly.startedAt)),
    ...fact('Last sign', anomaly.lastSeenAt > anomaly.startedAt ? clock(anomaly.lastSeenAt) : undefined),
    ...fact('Signs', occurrences > 1 ? occurrences.toLocaleString('en-US') : undefined),
    ...fact('Confidence', percent(confidence)),
    ...fact('Customer', customerId),
    ...fact('Stripe account', account),
    ...fact('Mode', livemode ? undefined : 'test mode'),
  ]
}

/** Never 100 % for what is not certain. */
const percent = (confidence: number): string | undefined =>
  confidence >= 1 ? undefined : `${(Math.floor(confidence * 1_000) / 10).toString()} %`

function thinned<Point>(series: readonly Point[]): readonly Point[] {
  const step = Math.ceil(series.length / MAX_POINTS)
  // Counted from the end: the newest point is the one that the message is about.
  return series.filter((_, index) => (series.length - 1 - index) % step === 0)
}

/** Anomalies of the same cause: what explains one, and what it explains. The oldest first. */
export async function relatedTo(
  { db, tenantId }: Pick<Scope, 'db' | 'tenantId'>,
  id: string,
): Promise<Anomaly[]> {
  const links = await db.anomalyCause.findMany({
    where: { tenantId, OR: [{ anomalyId: id }, { causeId: id }] },
    take: 200,
  })
  if (links.length === 0) return []
  const ids = links.map(({ anomalyId, causeId }) => (anomalyId === id ? causeId : anomalyId))
  return db.anomaly.findMany({
    where: { tenantId, id: { in: ids } },
    orderBy: { seq: 'asc' },
    take: MAX_RELATED,
  })
}

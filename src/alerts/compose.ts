import { type AnomalyJson, anomalyJson } from '../anomalies/json.ts'
import { span } from '../detection/kit/words.ts'
import type { Anomaly, Tenant } from '../generated/sqlite/client.ts'
import { readActor, readSeries, readSubjects } from '../storage/anomaly-columns.ts'
import { dashboardUrl } from '../stripe/links.ts'
import { isOver } from './conversation.ts'
import { severityWord } from './layout.ts'
import { type LocalClock, localClock } from './local-clock.ts'
import type { AnomalyMessage, AnomalyReason, Fact } from './message.ts'
import type { Topic } from './topic.ts'

/** Objects and points of a series that a message names. */
const MAX_OBJECTS = 5
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

/** What a message about an anomaly says, as things stand now. */
export function composeAnomaly(
  topic: Topic,
  reason: AnomalyReason,
  { tenant, baseUrl, now }: Composing,
): AnomalyMessage {
  const { anomaly, related, conversationId } = topic
  const { account, livemode } = anomaly
  const json = anomalyJson(anomaly, related)
  const subjects = readSubjects(anomaly.subjects)
  const clock = localClock(tenant.timezone)
  return {
    type: 'anomaly',
    reason,
    at: now,
    tenant: tenant.name,
    conversation: conversationId,
    anomaly: json,
    news: newsOf(topic, reason),
    state: stateOf(anomaly, clock),
    stake: stakeOf(json, related.length),
    facts: factsOf(anomaly, clock),
    objects: subjects.slice(0, MAX_OBJECTS).map(({ type, id }) => ({
      label: `${type.replaceAll('_', ' ')} ${id}`,
      url: dashboardUrl(type, id, { account: account ?? undefined, livemode }),
    })),
    moreObjects: Math.max(0, subjects.length - MAX_OBJECTS),
    related: related.map((one, i) => ({
      id: one.id,
      severity: json.related[i]?.severity ?? 'LOW',
      title: one.title,
      impact: json.related[i]?.impact?.formatted ?? null,
      isOver: isOver(one),
      url: anomalyUrl(baseUrl, one.id),
    })),
    series: thinned(readSeries(anomaly.series)),
    url: anomalyUrl(baseUrl, anomaly.id),
  }
}

/** What a reader of the messages before does not know yet. */
function newsOf({ anomaly, joined }: Topic, reason: AnomalyReason): string | undefined {
  if (joined === undefined) return reason === 'REOPENED' ? 'It is back.' : undefined
  if (joined.count > 1) return `${joined.count} more came of the same cause.`
  if (joined.anomaly.id === anomaly.id) return 'This came of the cause that was reported before.'
  return `New, of the same cause: ${severityWord(joined.anomaly)}: ${joined.anomaly.title}`
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
  return `Open since ${clock(startedAt)}`
}

/** What makes it worth getting up for: the money, and how much else goes wrong. */
function stakeOf({ impact }: AnomalyJson, related: number): string | undefined {
  const parts = [
    ...(impact === null ? [] : [`${impact.formatted} at risk`]),
    ...(related === 0 ? [] : [`${related} more of the same cause`]),
  ]
  return parts.length === 0 ? undefined : parts.join(' · ')
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

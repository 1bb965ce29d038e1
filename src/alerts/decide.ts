import type { AlertChannel, Anomaly } from '../generated/sqlite/client.ts'
import type { Channel } from './channels/channel.ts'
import { type Conversation, reasonAmong, severityOf } from './conversation.ts'
import type { AnomalyReason } from './message.ts'
import { objectionTo, type Routing } from './routing.ts'
import { type Schedule, type Timing, timingOf } from './schedule.ts'
import type { Act, Standing } from './standing.ts'

/** Acts on anomalies that people may hear of. */
export const ALERTING_KINDS = [
  'ANOMALY_RAISED',
  'ANOMALY_UPDATED',
  'ANOMALY_ENDED',
  'ANOMALY_REOPENED',
  'ANOMALY_ACKNOWLEDGED',
  'ANOMALY_RESOLVED',
  'ANOMALY_MARKED_FALSE_POSITIVE',
] as const

export interface Planned {
  reason: AnomalyReason
  state: 'WAITING' | 'MUTED' | 'SUPERSEDED'
  why: string | null
  dueAt: Date
  byPerson: boolean
  grouped: boolean
  held: boolean
  /** CRITICAL: nothing holds it back. */
  isUrgent: boolean
}

/** What an act leads to on one channel. */
export interface Decision {
  /** What is added; nothing when `supersedes` met something and says that this takes its place. */
  planned?: Planned
  /** Begins the anomaly on the channel, or raises its severity there. */
  severity?: number
  /** The anomaly is reported in this conversation: by a message that was not tried yet, else by what is planned. */
  joins?: { conversation: Conversation; log: Planned }
  /** Forgets that it was begun: nothing of it was sent. */
  withdraw?: boolean
  /** What waits in the conversation and is no longer sent. */
  supersedes?: { what: 'all' | 'untried' | 'untried acts'; why: string; cancelsOut: boolean }
}

export interface Setting {
  channel: Pick<AlertChannel, 'state' | 'reason'>
  kind: Pick<Channel, 'edits' | 'followsStatus' | 'digest' | 'forPrograms'>
  routing: Routing
  schedule: Schedule
  /** Of the tenant. */
  timezone: string
  now: Date
}

/** How long a burst has to become one anomaly, and a person to undo an act. Milliseconds. */
export const GRACE = 10_000

export const CRITICAL = 3

/** What one act on an anomaly means for one channel. Pure. */
export function decide(act: Act, anomaly: Anomaly, standing: Standing, setting: Setting): Decision {
  if (anomaly.origin === 'HISTORY') return {}
  const reason = reasonOf(act, anomaly, standing)
  if (reason === undefined) return {}
  const undone = undoing(act, anomaly, standing)
  if (undone !== undefined) return undone
  return standing.severity === undefined
    ? begin(reason, act, anomaly, standing, setting)
    : follow(reason, act, anomaly, standing, setting)
}

function reasonOf(act: Act, { severity }: Anomaly, standing: Standing): AnomalyReason | undefined {
  switch (act.kind) {
    case 'ANOMALY_RAISED':
      return 'RAISED'
    case 'ANOMALY_UPDATED':
      if (standing.severity !== undefined) return severity > standing.severity ? 'ESCALATED' : 'UPDATED'
      // An anomaly below the least severity is reported once it grows over it.
      return standing.isKnown ? 'ESCALATED' : undefined
    case 'ANOMALY_ENDED':
      return 'ENDED'
    case 'ANOMALY_REOPENED':
      return 'REOPENED'
    case 'ANOMALY_ACKNOWLEDGED':
      return 'ACKNOWLEDGED'
    case 'ANOMALY_RESOLVED':
    case 'ANOMALY_MARKED_FALSE_POSITIVE':
      return 'RESOLVED'
    default:
      return undefined
  }
}

/** Acts that undo one whose alert still waits: neither is reported. */
function undoing(
  { kind, actorKind }: Act,
  { id }: Anomaly,
  { severity, isTold, untried, conversation }: Standing,
): Decision | undefined {
  if (severity === undefined || actorKind === 'SYSTEM') return undefined
  if (kind === 'ANOMALY_REOPENED' && untried.some(({ byPerson, anomalyId }) => byPerson && anomalyId === id))
    return { supersedes: { what: 'untried acts', why: 'undone before it was sent', cancelsOut: true } }
  const isAlone = conversation?.members.length === 1 && !isTold
  // Of those that joined, one that nothing was sent about yet.
  const isNews = conversation?.id !== id && untried.some((row) => row.anomalyId === id && row.joined === 1)
  if (kind === 'ANOMALY_MARKED_FALSE_POSITIVE' && (isAlone || isNews))
    return {
      withdraw: true,
      supersedes: { what: 'untried', why: 'marked as a false positive before it was sent', cancelsOut: true },
    }
  return undefined
}

const BEGINNINGS: readonly AnomalyReason[] = ['RAISED', 'ESCALATED', 'REOPENED']

function begin(
  reason: AnomalyReason,
  act: Act,
  anomaly: Anomaly,
  { joinable }: Standing,
  setting: Setting,
): Decision {
  if (!BEGINNINGS.includes(reason)) return {}
  const { routing, channel } = setting
  const objection =
    objectionTo(anomaly, routing) ??
    (routing.reasons.includes(reason) ? undefined : `this channel does not report ${reason}`) ??
    silenceOf(channel)
  // One that grows and is still not for this channel needs no second row that says so.
  if (objection !== undefined)
    return reason === 'ESCALATED' ? {} : { planned: muted(reason, setting, objection) }
  if (joinable !== undefined) return join(reason, act, anomaly, joinable, setting)
  return { planned: waiting(reason, act, anomaly, setting), severity: anomaly.severity }
}

/** One of a cause that the channel reports already. */
function join(
  reason: AnomalyReason,
  act: Act,
  anomaly: Anomaly,
  conversation: Conversation,
  setting: Setting,
): Decision {
  const first = conversation.members.find((member) => member.anomaly.id === conversation.id)
  const why = `sent in one message with “${first?.anomaly.title}” (${conversation.id}): of the same cause`
  const isWorse = anomaly.severity > severityOf(conversation)
  return {
    severity: anomaly.severity,
    joins: { conversation, log: { ...muted(reason, setting, why), state: 'SUPERSEDED' } },
    planned: { ...waiting(reason, act, anomaly, setting), reason: isWorse ? 'ESCALATED' : 'UPDATED' },
    ...superseding(setting),
  }
}

function follow(
  given: AnomalyReason,
  act: Act,
  anomaly: Anomaly,
  { untried, conversation, others }: Standing,
  setting: Setting,
): Decision {
  const { routing, channel, kind } = setting
  const isShared = conversation !== undefined && conversation.members.length > 1 && !kind.forPrograms
  const reason = isShared ? reasonAmong(given, anomaly, conversation, others) : given
  // Whatever still waits will show the newest state.
  if (reason === 'UPDATED' && untried.length > 0) return {}
  const severity = reason === 'ESCALATED' ? { severity: anomaly.severity } : {}
  const isAsked = routing.reasons.includes(reason)
  const isKept = kind.followsStatus || (kind.edits && reason === 'UPDATED')
  if (!isAsked && !isKept) return severity
  const silence = silenceOf(channel)
  if (silence !== undefined) return { ...severity, planned: muted(reason, setting, silence) }
  return { ...severity, planned: waiting(reason, act, anomaly, setting), ...superseding(setting) }
}

/** A message that is edited shows the newest state alone. */
const superseding = ({ kind }: Setting): Pick<Decision, 'supersedes'> =>
  kind.edits ? { supersedes: { what: 'all', why: 'a newer state takes its place', cancelsOut: false } } : {}

/** Why nothing is sent on a channel now; what it would have sent is not made up for. */
const silenceOf = ({ state, reason }: Setting['channel']): string | undefined => {
  if (state === 'PAUSED') return 'the channel is paused'
  if (state === 'UNVERIFIED') return reason ?? 'no address of the channel is verified'
  return undefined
}

const muted = (reason: AnomalyReason, { now }: Setting, why: string): Planned => ({
  reason,
  state: 'MUTED',
  why,
  dueAt: now,
  byPerson: false,
  grouped: false,
  held: false,
  isUrgent: false,
})

function waiting(reason: AnomalyReason, act: Act, anomaly: Anomaly, setting: Setting): Planned {
  const byPerson = act.actorKind !== 'SYSTEM'
  const delayed = byPerson || (reason === 'RAISED' && anomaly.severity < CRITICAL)
  const soonest = delayed ? new Date(act.at.getTime() + GRACE) : setting.now
  const held = setting.channel.state === 'DISABLED'
  const timing: Timing =
    anomaly.severity >= CRITICAL || setting.kind.digest === undefined
      ? { dueAt: soonest, grouped: false, why: null }
      : timingOf(setting.schedule, setting.timezone, soonest)
  const why = held ? 'the channel is disabled' : timing.why
  const isUrgent = anomaly.severity >= CRITICAL
  return {
    reason,
    state: 'WAITING',
    byPerson,
    held,
    dueAt: timing.dueAt,
    grouped: timing.grouped,
    why,
    isUrgent,
  }
}

import type { Anomaly } from '../generated/sqlite/client.ts'
import { cancelling, snoozing } from './cancel.ts'
import { type Conversation, reasonAmong, severityOf } from './conversation.ts'
import type { AnomalyReason } from './message.ts'
import { type Decision, muted, type Setting, silenceOf, snoozeOf, waiting } from './plan.ts'
import { reasonOf } from './reason.ts'
import { objectionTo } from './routing.ts'
import type { Act, Standing } from './standing.ts'

/** What one act on an anomaly means for one channel. Pure. */
export function decide(act: Act, anomaly: Anomaly, standing: Standing, setting: Setting): Decision {
  if (anomaly.origin === 'HISTORY') return {}
  const cancelled = cancelling(act, anomaly, standing, setting)
  if (cancelled !== undefined) return cancelled
  if (isSnoozing(act, standing)) return snoozing(anomaly, standing)
  const reason = reasonOf(act, anomaly, standing)
  if (reason === undefined) return {}
  return standing.severity === undefined
    ? begin(reason, act, anomaly, standing, setting)
    : follow(reason, act, anomaly, standing, setting)
}

const isSnoozing = ({ kind }: Act, { undone }: Standing): boolean =>
  kind === 'ANOMALY_SNOOZED' || undone?.kind === 'ANOMALY_UNSNOOZED'

const BEGINNINGS: readonly AnomalyReason[] = ['RAISED', 'ESCALATED', 'REOPENED']

function begin(
  given: AnomalyReason,
  act: Act,
  anomaly: Anomaly,
  { joinable, isKnown, wentOn }: Standing,
  setting: Setting,
): Decision {
  if (!BEGINNINGS.includes(given)) return {}
  const reason = given === 'REOPENED' && wentOn ? returnReason(setting) : given
  const { routing, channel } = setting
  const objection =
    objectionTo(anomaly, routing) ??
    (routing.reasons.includes(reason) ? undefined : `this channel does not report ${reason}`) ??
    snoozeOf(anomaly, setting) ??
    silenceOf(channel)
  // One that grows, or wakes, and is still not for this channel needs no second row that says so.
  const isSaid = isKnown && given !== 'REOPENED'
  if (objection !== undefined) return isSaid ? {} : { planned: muted(given, setting, objection) }
  if (joinable !== undefined) return join(reason, act, anomaly, joinable, setting)
  return { planned: waiting(reason, act, anomaly, setting), severity: anomaly.severity }
}

/**
 * What a return is where it is the first that a channel reports of an anomaly, or worse than what was reported there:
 * one that reports no returns hears of it as of growth.
 */
const returnReason = ({ routing: { reasons } }: Setting): AnomalyReason =>
  reasons.includes('REOPENED') ? 'REOPENED' : 'ESCALATED'

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
  { severity: reported, wentOn, untried, conversation, others, lastMuted }: Standing,
  setting: Setting,
): Decision {
  const { routing, channel, kind } = setting
  const isShared = conversation !== undefined && conversation.members.length > 1 && !kind.forPrograms
  const isWorse = wentOn && reported !== undefined && anomaly.severity > reported
  const returned = given === 'REOPENED' && isWorse ? returnReason(setting) : undefined
  const reason = returned ?? (isShared ? reasonAmong(given, anomaly, conversation, others) : given)
  // Whatever still waits will show the newest state.
  if (reason === 'UPDATED' && untried.length > 0) return {}
  const isAsked = routing.reasons.includes(reason)
  const isKept = kind.followsStatus || (kind.edits && reason === 'UPDATED')
  const snooze = snoozeOf(anomaly, setting)
  if (snooze !== undefined && !(kind.followsStatus && isStatus(given))) {
    // Its severity is not what was reported: what grows meanwhile is news when the snooze is over.
    const isSaid = lastMuted?.reason === reason && lastMuted.why === snooze
    return isAsked && !isSaid ? { planned: muted(reason, setting, snooze) } : {}
  }
  const isEscalated = reason === 'ESCALATED' || returned !== undefined
  const severity = isEscalated ? { severity: anomaly.severity } : {}
  if (!isAsked && !isKept) return severity
  const silence = silenceOf(channel)
  if (silence !== undefined) return { ...severity, planned: muted(reason, setting, silence) }
  return { ...severity, planned: waiting(reason, act, anomaly, setting), ...superseding(setting) }
}

/** What a channel that shows the status has to show, whatever it may be loud about. */
const isStatus = (reason: AnomalyReason): boolean => reason !== 'UPDATED' && reason !== 'ESCALATED'

/** A message that is edited shows the newest state alone. */
const superseding = ({ kind }: Setting): Pick<Decision, 'supersedes'> =>
  kind.edits ? { supersedes: { what: 'all', why: 'a newer state takes its place', cancelsOut: false } } : {}

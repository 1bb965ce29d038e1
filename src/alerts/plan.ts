import type { AlertChannel, Anomaly } from '../generated/sqlite/client.ts'
import type { Channel } from './channels/channel.ts'
import type { Conversation } from './conversation.ts'
import { localClock } from './local-clock.ts'
import type { AnomalyReason } from './message.ts'
import type { Routing } from './routing.ts'
import { type Schedule, type Timing, timingOf } from './schedule.ts'
import type { Act } from './standing.ts'

/** What is written down of an act for a channel: a message that waits, or why there is none. */
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
  supersedes?: {
    what: 'all' | 'untried' | 'untried news' | 'untried acts' | 'untried act'
    /** Number of the one act. */
    seq?: bigint
    why: string
    cancelsOut: boolean
  }
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
const GRACE = 10_000

export const CRITICAL = 3

export const muted = (reason: AnomalyReason, { now }: Pick<Setting, 'now'>, why: string): Planned => ({
  reason,
  state: 'MUTED',
  why,
  dueAt: now,
  byPerson: false,
  grouped: false,
  held: false,
  isUrgent: false,
})

export function waiting(reason: AnomalyReason, act: Act, anomaly: Anomaly, setting: Setting): Planned {
  const byPerson = act.actorKind !== 'SYSTEM'
  const delayed = byPerson || (reason === 'RAISED' && anomaly.severity < CRITICAL)
  const soonest = delayed ? new Date(act.at.getTime() + GRACE) : setting.now
  const held = setting.channel.state === 'DISABLED'
  const timing: Timing =
    anomaly.severity >= CRITICAL || setting.kind.digest === undefined
      ? { dueAt: soonest, grouped: false, why: null }
      : timingOf(setting.schedule, setting.timezone, soonest, setting.now)
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

/** Why nothing is sent on a channel now; what it would have sent is not made up for. */
export const silenceOf = ({ state, reason }: Setting['channel']): string | undefined => {
  if (state === 'PAUSED') return 'the channel is paused'
  if (state === 'UNVERIFIED') return reason ?? 'no address of the channel is verified'
  return undefined
}

/** Why nothing is sent about an anomaly now: somebody has put it off. */
export function snoozeOf(
  { snoozedUntil, snoozedSize }: Pick<Anomaly, 'snoozedUntil' | 'snoozedSize'>,
  { timezone, now }: Pick<Setting, 'timezone' | 'now'>,
): string | undefined {
  if (snoozedSize !== null) return 'snoozed until it grows'
  // Over, though the act that says so may still come.
  if (snoozedUntil === null || snoozedUntil <= now) return undefined
  return `snoozed until ${localClock(timezone)(snoozedUntil)}`
}

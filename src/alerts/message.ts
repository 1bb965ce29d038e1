import type { AnomalyJson } from '../anomalies/json.ts'
import type { SeriesPoint, Severity } from '../detection/detector.ts'

/**
 * What an alert says, before any channel gives it its form. Every text in it that came from outside (titles, customers,
 * names of tenants, notes) is plain text: whoever renders it escapes it for its place.
 */
export type Message = AnomalyMessage | DigestMessage | NoticeMessage | VerificationMessage

/** Why people hear of an anomaly: GraphQL's `AlertReason`, without those that are about no single anomaly. */
export const ANOMALY_REASONS = [
  'RAISED',
  'UPDATED',
  'ESCALATED',
  'REOPENED',
  'ENDED',
  'RESOLVED',
  'ACKNOWLEDGED',
] as const
export type AnomalyReason = (typeof ANOMALY_REASONS)[number]

/** One anomaly, as it stands when the message is made. */
export interface AnomalyMessage {
  type: 'anomaly'
  reason: AnomalyReason
  /** Id of the anomaly that its conversation began with: the same in all messages of one cause. */
  conversation: string
  /** When the message was made. */
  at: Date
  /** Name of the tenant. */
  tenant: string
  /** Under the names of GraphQL. `title` is the headline, `message` says what happened against what was expected, `advice` what to do. */
  anomaly: AnomalyJson
  /** What is new, where another one of the same cause joined, e.g. `New, of the same cause: High: …`. */
  news: string | undefined
  /** The state in a few words with the time in the tenant's zone, e.g. `Ended Fri 28 Nov, 14:10` or `Acknowledged by Ana`. */
  state: string
  /** E.g. `$580.00 at risk · 2 more of the same cause`. */
  stake: string | undefined
  /** What a reader looks for first: since when, money at risk, how sure it is. In the order of reading; no value is empty. */
  facts: readonly Fact[]
  /** The Stripe objects involved, the first ones; `moreObjects` counts the others. */
  objects: readonly LinkedObject[]
  moreObjects: number
  /** Anomalies of the same cause, which this message speaks for as well. */
  related: readonly RelatedAnomaly[]
  /** What was observed against the expected band, thinned to at most 30 points; empty for kinds without one. */
  series: readonly SeriesPoint[]
  /** The anomaly's page. */
  url: string
}

export interface Fact {
  label: string
  value: string
}

export interface LinkedObject {
  /** Type and id, e.g. `charge ch_…`. */
  label: string
  /** Its page in Stripe's dashboard, for types that have one. */
  url: string | undefined
}

export interface RelatedAnomaly {
  id: string
  severity: Severity
  title: string
  /** Money at risk, formatted; null where it cannot be said. */
  impact: string | null
  isOver: boolean
  url: string
}

/** Several anomalies at once: what quiet hours, a schedule or the flood limit held back. */
export interface DigestMessage {
  type: 'digest'
  at: Date
  tenant: string
  /** E.g. `12 anomalies since 22:00`. */
  title: string
  /** The most severe first. */
  anomalies: readonly AnomalyMessage[]
  /** How many more there are that this message does not name. */
  more: number
  /** How many were raised and have ended meanwhile; they are not named. */
  ended: number
  /** Where all of them are listed. */
  url: string
}

/** A test, the weekly summary, that another channel was switched off, or that Stripe refuses a key. */
export interface NoticeMessage {
  type: 'notice'
  reason: 'TEST' | 'WEEKLY_SUMMARY' | 'CHANNEL_DISABLED' | 'STRIPE_KEY_REFUSED'
  at: Date
  tenant: string
  title: string
  /** Paragraphs. */
  text: readonly string[]
  url: string
}

/** Asks whether the owner of an address wants alerts. EMAIL only; its text has the line `code 123456`. */
export interface VerificationMessage {
  type: 'verification'
  at: Date
  tenant: string
  channel: string
  address: string
  /** Six digits. */
  code: string
  /** Shows a page with a button; opening it changes nothing. */
  url: string
}

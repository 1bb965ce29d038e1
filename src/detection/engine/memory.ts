import type { Place } from '../../calendar/calendar.ts'
import type { Fact } from '../../stripe/facts.ts'
import type { ObjectRecord } from '../../stripe/ledger.ts'
import { MINUTE, type Seconds } from '../../time.ts'
import type { AnyDetector, DetectorName, Feedback, StripeAnswer } from '../detector.ts'
import type { Hold, HoldChange } from './backlog.ts'
import type { Choices } from './choices.ts'
import type { ChangedIncident, Incident } from './incident.ts'
import type { JudgedEvent } from './judged-event.ts'
import type { KeyedStates } from './states.ts'

/** What baselines never cross: one endpoint's account in one mode. */
export interface Stream {
  id: string
  endpointId: string
  account: string | null
  livemode: boolean
  /** Newest delivery judged. */
  clock: Seconds
  /** Whether live deliveries have come; until then only replays move the clock. */
  live: boolean
  /** Of the events that wait for their backlog to calm down. */
  hold: Hold | null
  /** Its first delivery that was judged; null where that was not noted yet. */
  since: Seconds | null
  /** Its first live delivery, where a history came before it, or where it began with one. */
  liveSince: Seconds | null
}

export const streamId = (endpointId: string, account: string | null, livemode: boolean): string =>
  `${endpointId}/${account ?? ''}/${livemode ? 'live' : 'test'}`

/** An incident's place in its stream. */
export interface IncidentKey {
  detector: DetectorName
  fingerprint: string
}

/** What was reported of a Stripe object, when that last changed, and from when on it is forgotten (event time). */
export interface KnownObject {
  record: ObjectRecord
  updatedAt: Seconds
  expiresAt: Seconds
}

/**
 * All that detection remembers of one tenant. Storage implements it for good, `ForgetfulMemory` for a replay that
 * stores nothing: the contract keeps both to the same answers.
 */
export interface TenantMemory {
  place(): Promise<Place>
  choices(): Promise<Choices>
  streams(): Promise<Stream[]>
  /** The records of these objects, as far as there are any; there may be others among them. */
  objects(ids: readonly string[]): Promise<ReadonlyMap<string, KnownObject>>
  /** A stream's states, with those in them that these facts go to, and of every key with a timer due at or before `dueBy`. */
  states(
    stream: string,
    detectors: readonly AnyDetector[],
    facts: Iterable<Fact>,
    dueBy: Seconds,
  ): Promise<KeyedStates>
  /** The stream's events that wait for their backlog to calm down. */
  held(stream: string): Promise<readonly JudgedEvent[]>
  /** The newest incident of each key that is open or ended at or after `since`, and all that end by themselves by `dueBy`. */
  incidents(stream: string, keys: readonly IncidentKey[], since: Seconds, dueBy: Seconds): Promise<Incident[]>
  /** What people have said of a stream's incidents, oldest first: of each detector the newest 100. */
  feedback(stream: string): Promise<ReadonlyMap<DetectorName, readonly Feedback[]>>
  /** What Stripe's API said of a stream in [from, to], and the newest answer before, oldest first; none where it is not asked. */
  answers(stream: string, from: Seconds, to: Seconds): Promise<readonly StripeAnswer[]>
  /** When a detector's incidents were raised, from `since` on. */
  raised(
    stream: string,
    detectors: readonly AnyDetector[],
    since: Seconds,
  ): Promise<Map<DetectorName, Seconds[]>>
}

export interface StreamOutcome {
  stream: Stream
  states: KeyedStates
  incidents: ChangedIncident[]
  held: HoldChange
}

/** Counts are kept by the quarter of an hour: days and hours of every zone are made of whole ones. */
export const METRIC_SLOT: Seconds = 15 * MINUTE

/** Counts and sums to be added to one quarter of an hour of a stream. */
export interface MetricDelta {
  stream: string
  /** Unix time / METRIC_SLOT. */
  slot: number
  /** '' for what has no money in it. */
  currency: string
  events: number
  chargesSucceeded: number
  chargesFailed: number
  disputes: number
  revenue: number
  refunds: number
}

export interface EventMark {
  stripeId: string
  status: 'PROCESSED' | 'IGNORED' | 'FAILED'
  error: string | null
  /** What it said, that it was delivered included. */
  facts: readonly Fact[]
}

/** All that one batch changes, to be stored in one transaction. */
export interface BatchOutcome {
  streams: StreamOutcome[]
  objects: Map<string, KnownObject>
  metrics: MetricDelta[]
  marks: EventMark[]
  /** Events older than what their stream was judged to allows for. */
  late: number
  brokenTimers: string[]
}

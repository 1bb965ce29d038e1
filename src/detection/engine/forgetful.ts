import { NOWHERE, type Place } from '../../calendar/calendar.ts'
import { KEEP_SETTLED } from '../../stripe/ledger.ts'
import { DAY, type Seconds, WEEK } from '../../time.ts'
import type { AnyDetector, DetectorName, Feedback } from '../detector.ts'
import type { Choices } from './choices.ts'
import type { Incident } from './incident.ts'
import type { JudgedEvent } from './judged-event.ts'
import type { BatchOutcome, IncidentKey, KnownObject, Stream, TenantMemory } from './memory.ts'
import { NewestIncidents } from './newest-incidents.ts'
import { KeyedStates } from './states.ts'

/** An incident and where it happened. */
export interface RaisedIncident {
  incident: Incident
  stream: Stream
}

interface StreamMemory {
  stream: Stream
  held: readonly JudgedEvent[]
  newest: NewestIncidents
}

/** A tenant's memory that lives as long as one dry replay: begins empty, stores nothing. */
export class ForgetfulMemory implements TenantMemory {
  /** Every incident, in the order they were raised. */
  readonly raisedIncidents: RaisedIncident[] = []
  readonly #choices: Choices
  readonly #place: Place
  readonly #streams = new Map<string, StreamMemory>()
  readonly #states = new Map<string, KeyedStates>()
  readonly #objects = new Map<string, KnownObject>()
  /** Events since `#turnedAt`, and those of the time before. */
  #events = new Set<string>()
  #earlierEvents = new Set<string>()
  #turnedAt: Seconds = 0
  #sweptAt: Seconds = 0

  /** @param answers what Stripe's API had said, where that is known */
  constructor(
    choices: Choices,
    place: Place = NOWHERE,
    readonly answers: TenantMemory['answers'] = async () => [],
  ) {
    this.#choices = choices
    this.#place = place
  }

  async place(): Promise<Place> {
    return this.#place
  }

  async choices(): Promise<Choices> {
    return this.#choices
  }

  async streams(): Promise<Stream[]> {
    return [...this.#streams.values()].map(({ stream }) => stream)
  }

  async objects(): Promise<ReadonlyMap<string, KnownObject>> {
    return this.#objects
  }

  /** One and the same from batch to batch: nothing has to be looked for or revived. */
  async states(stream: string, detectors: readonly AnyDetector[]): Promise<KeyedStates> {
    const known = this.#states.get(stream)
    if (known !== undefined) return known
    const states = new KeyedStates(detectors)
    this.#states.set(stream, states)
    return states
  }

  /** Nobody has said anything of incidents that are only tried out. */
  async feedback(): Promise<ReadonlyMap<DetectorName, readonly Feedback[]>> {
    return new Map()
  }

  async held(stream: string): Promise<readonly JudgedEvent[]> {
    return this.#streams.get(stream)?.held ?? []
  }

  async incidents(
    stream: string,
    keys: readonly IncidentKey[],
    since: Seconds,
    dueBy: Seconds,
  ): Promise<Incident[]> {
    return this.#streams.get(stream)?.newest.find(keys, since, dueBy) ?? []
  }

  async raised(
    stream: string,
    detectors: readonly AnyDetector[],
    since: Seconds,
  ): Promise<Map<DetectorName, Seconds[]>> {
    return this.#streams.get(stream)?.newest.raised(detectors, since) ?? new Map()
  }

  /** @returns whether the event is new; from now on it is known for as long as Stripe may send it again */
  meet(stripeId: string): boolean {
    if (this.#events.has(stripeId) || this.#earlierEvents.has(stripeId)) return false
    this.#events.add(stripeId)
    return true
  }

  /** Remembers what a batch changed. */
  apply(outcome: Pick<BatchOutcome, 'streams'> & Partial<Pick<BatchOutcome, 'objects'>>): void {
    for (const [id, object] of outcome.objects ?? []) this.#objects.set(id, object)
    for (const { stream, states, incidents, held } of outcome.streams) {
      states.keep()
      const before = this.#streams.get(stream.id)
      const newest = before?.newest ?? new NewestIncidents()
      const kept = held.released ? [] : (before?.held ?? [])
      this.#streams.set(stream.id, { stream, newest, held: [...kept, ...held.added] })
      for (const { incident, change } of incidents) {
        if (change === 'ANOMALY_RAISED') this.raisedIncidents.push({ incident, stream })
        newest.add(incident)
      }
    }
    const clock = Math.max(0, ...outcome.streams.map(({ stream }) => stream.clock))
    if (clock < this.#sweptAt + WEEK) return
    this.#sweptAt = clock
    this.#sweep(clock)
  }

  /** What a stored memory's retention does: idle states, old objects and events are let go of. */
  #sweep(clock: Seconds): void {
    for (const { stream } of this.#streams.values())
      this.#states.get(stream.id)?.sweep(stream.clock, stream.clock - DAY)
    for (const [id, { expiresAt }] of this.#objects) if (expiresAt < clock) this.#objects.delete(id)
    if (clock < this.#turnedAt + KEEP_SETTLED) return
    this.#turnedAt = clock
    this.#earlierEvents = this.#events
    this.#events = new Set()
  }
}

import type { Place } from '../../calendar/calendar.ts'
import type { AnyDetector } from '../../detection/detector.ts'
import type { Choices } from '../../detection/engine/choices.ts'
import type { IncidentKey, Stream, StreamOutcome, TenantMemory } from '../../detection/engine/memory.ts'
import { NewestIncidents } from '../../detection/engine/newest-incidents.ts'
import type { Fact } from '../../stripe/facts.ts'
import type { Seconds } from '../../time.ts'
import type { StoredMemory } from '../detection/stored-memory.ts'
import { type RebuiltIncident, shadowOf, takeIncidents } from './shadow.ts'

/**
 * What a rebuild remembers of a tenant: states and held events are in the database under the shadow of their stream,
 * incidents in memory as well. What people have chosen and said is the tenant's own.
 */
export class ShadowMemory implements TenantMemory {
  /** By id, every incident so far, in the order they were raised. */
  readonly incidentsById: Map<string, RebuiltIncident>
  readonly byStream: Map<string, Stream>
  readonly #stored: StoredMemory
  readonly #newest = new Map<string, NewestIncidents>()
  #place: Place | undefined
  #choices: Choices | undefined

  constructor(stored: StoredMemory, streams: readonly Stream[], found: readonly RebuiltIncident[]) {
    this.#stored = stored
    this.byStream = new Map(streams.map((stream) => [stream.id, stream]))
    this.incidentsById = new Map(found.map((one) => [one.incident.id, one]))
    for (const { incident, stream } of found) this.#newestOf(stream).add(incident)
  }

  async place(): Promise<Place> {
    this.#place ??= await this.#stored.place()
    return this.#place
  }

  async choices(): Promise<Choices> {
    this.#choices ??= await this.#stored.choices()
    return this.#choices
  }

  async streams(): Promise<Stream[]> {
    return [...this.byStream.values()]
  }

  /** Facts were reported once each when they were kept: the ledger has nothing more to say. */
  async objects() {
    return new Map()
  }

  states(stream: string, detectors: readonly AnyDetector[], facts: Iterable<Fact>, dueBy: Seconds) {
    return this.#stored.states(shadowOf(stream), detectors, facts, dueBy)
  }

  held(stream: string) {
    return this.#stored.held(shadowOf(stream))
  }

  feedback(stream: string) {
    return this.#stored.feedback(stream)
  }

  answers(stream: string, from: Seconds, to: Seconds) {
    return this.#stored.answers(stream, from, to)
  }

  async incidents(stream: string, keys: readonly IncidentKey[], since: Seconds, dueBy: Seconds) {
    return this.#newestOf(stream).find(keys, since, dueBy)
  }

  async raised(stream: string, detectors: readonly AnyDetector[], since: Seconds) {
    return this.#newestOf(stream).raised(detectors, since)
  }

  /** Takes over what a batch has changed. @returns the incidents among it */
  apply({ stream, incidents }: StreamOutcome): RebuiltIncident[] {
    this.byStream.set(stream.id, stream)
    for (const { incident } of incidents) this.#newestOf(stream.id).add(incident)
    return takeIncidents(this.incidentsById, stream.id, incidents)
  }

  #newestOf(stream: string): NewestIncidents {
    const newest = this.#newest.get(stream) ?? new NewestIncidents()
    this.#newest.set(stream, newest)
    return newest
  }
}

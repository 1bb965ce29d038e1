import { DAY, type Seconds } from '../time.ts'
import type { AnyDetector, DetectorName } from './detector.ts'
import { FLOOD } from './folding.ts'
import type { Incident } from './incident.ts'
import type { Choices } from './judge.ts'
import type { BatchOutcome, IncidentKey, StoredObject, Stream, TenantMemory } from './memory.ts'
import { OBJECT_MEMORY } from './reading.ts'
import type { StateKey, StoredState } from './states.ts'
import { type Timed, TimerQueue } from './timers.ts'

/** An incident and where it happened. */
export interface RaisedIncident {
  incident: Incident
  stream: Stream
}

interface StreamMemory {
  stream: Stream
  states: Map<string, StoredState>
  timers: TimerQueue<Alarm>
  newest: Map<string, Incident>
}

/** A state's timer. One that was replaced or dropped since is passed over. */
interface Alarm extends Timed {
  id: string
  state: StoredState
}

/** A tenant's memory that lives as long as one dry replay: begins empty, stores nothing. */
export class ForgetfulMemory implements TenantMemory {
  /** Every incident, in the order they were raised. */
  readonly raisedIncidents: RaisedIncident[] = []
  readonly #choices: Choices
  readonly #idleAfter: ReadonlyMap<DetectorName, Seconds>
  readonly #streams = new Map<string, StreamMemory>()
  readonly #objects = new Map<string, StoredObject>()
  #sweptAt: Seconds = 0

  constructor(detectors: readonly AnyDetector[], choices: Choices) {
    this.#choices = choices
    this.#idleAfter = new Map(detectors.map(({ name, idleAfter }) => [name, idleAfter]))
  }

  async choices(): Promise<Choices> {
    return this.#choices
  }

  async streams(): Promise<Stream[]> {
    return [...this.#streams.values()].map(({ stream }) => stream)
  }

  async objects(ids: readonly string[]): Promise<Map<string, StoredObject>> {
    const found = new Map<string, StoredObject>()
    for (const id of ids) {
      const object = this.#objects.get(id)
      if (object !== undefined) found.set(id, object)
    }
    return found
  }

  async states(stream: string, keys: readonly StateKey[], dueBy: Seconds): Promise<StoredState[]> {
    const states = this.#streams.get(stream)?.states
    if (states === undefined) return []
    const found = new Set<StoredState>()
    for (const { detector, key } of keys) {
      const state = states.get(`${detector} ${key}`)
      if (state !== undefined) found.add(state)
    }
    for (const state of states.values()) if (state.wakeAt !== null && state.wakeAt <= dueBy) found.add(state)
    return [...found]
  }

  async incidents(
    stream: string,
    keys: readonly IncidentKey[],
    since: Seconds,
    dueBy: Seconds,
  ): Promise<Incident[]> {
    const newest = this.#streams.get(stream)?.newest
    if (newest === undefined) return []
    const found = new Set<Incident>()
    for (const { detector, fingerprint } of keys) {
      const incident = newest.get(`${detector} ${fingerprint}`)
      if (incident !== undefined && (incident.endedAt === null || incident.endedAt >= since))
        found.add(incident)
    }
    for (const incident of newest.values())
      if (incident.endsAt !== null && incident.endsAt <= dueBy) found.add(incident)
    return [...found]
  }

  async raised(
    stream: string,
    detectors: readonly AnyDetector[],
    since: Seconds,
  ): Promise<Map<DetectorName, Seconds[]>> {
    const times = new Map<DetectorName, Seconds[]>(detectors.map(({ name }) => [name, []]))
    for (const { detector, fingerprint, detectedAt } of this.#streams.get(stream)?.newest.values() ?? []) {
      if (fingerprint !== FLOOD && detectedAt >= since) times.get(detector)?.push(detectedAt)
    }
    return times
  }

  /** Remembers what a batch changed. */
  apply(outcome: BatchOutcome): void {
    for (const [id, object] of outcome.objects) this.#objects.set(id, object)
    for (const { stream, states, incidents } of outcome.streams) {
      const memory = this.#streams.get(stream.id) ?? {
        stream,
        states: new Map(),
        timers: new TimerQueue<Alarm>(),
        newest: new Map(),
      }
      memory.stream = stream
      this.#streams.set(stream.id, memory)
      for (const state of states.saved) {
        const { key, wakeAt } = state
        const id = `${state.detector} ${key}`
        memory.states.set(id, state)
        memory.timers.push({ id, state, key, wakeAt, rank: 0 })
      }
      for (const { detector, key } of states.dropped) memory.states.delete(`${detector} ${key}`)
      for (const { incident, change } of incidents) {
        if (change === 'ANOMALY_RAISED') this.raisedIncidents.push({ incident, stream })
        memory.newest.set(`${incident.detector} ${incident.fingerprint}`, incident)
      }
    }
    const clock = Math.max(0, ...outcome.streams.map(({ stream }) => stream.clock))
    if (clock < this.#sweptAt + DAY) return
    this.#sweptAt = clock
    this.#sweep(clock)
  }

  /** What a stored memory's retention does: idle states and old objects are let go of. */
  #sweep(clock: Seconds): void {
    for (const { stream, states } of this.#streams.values()) {
      for (const [id, { detector, wakeAt, touchedAt }] of states) {
        if (wakeAt === null && touchedAt < stream.clock - (this.#idleAfter.get(detector) ?? 0))
          states.delete(id)
      }
    }
    for (const [id, { updatedAt }] of this.#objects)
      if (updatedAt < clock - OBJECT_MEMORY) this.#objects.delete(id)
  }
}

import type { Place } from '../../calendar/calendar.ts'
import type { AnyDetector, DetectorName, Feedback, StripeAnswer } from '../../detection/detector.ts'
import { releaseAt } from '../../detection/engine/backlog.ts'
import type { Choices } from '../../detection/engine/choices.ts'
import type { Incident } from '../../detection/engine/incident.ts'
import type { StoredState } from '../../detection/engine/keyed-state.ts'
import { keysOf } from '../../detection/engine/keys.ts'
import type {
  BatchOutcome,
  IncidentKey,
  KnownObject,
  Stream,
  TenantMemory,
} from '../../detection/engine/memory.ts'
import { standsStill } from '../../detection/engine/modes.ts'
import { KeyedStates, type StateKey } from '../../detection/engine/states.ts'
import { DISORDER } from '../../detection/kit/disorder.ts'
import type { Fact } from '../../stripe/facts.ts'
import { type Seconds, toDate } from '../../time.ts'
import type { PendingEvent } from './memory-rows.ts'
import type { StoredMemory } from './stored-memory.ts'

const NEVER = Number.POSITIVE_INFINITY

/**
 * States that are remembered of a stream: those of the whole stream, which every event needs, and of customers and cards
 * those that were touched last. Most of these are not met again before the tenant would be forgotten, and room for
 * thousands of one tenant's is room for hundreds of tenants.
 */
const MAX_STATES = 10

/** Bytes that a row's other columns and its place in a map take, roughly. */
const ROW = 200

interface RememberedStream {
  stream: Stream
  /** Rows as they are stored, so that their bytes can be counted; more are in the database. */
  states: Map<string, StoredState>
  /** No timer of a state that is not here rings before. */
  timersFrom: Seconds
  /** No incident ends by itself before. */
  endsFrom: Seconds
  feedback?: ReadonlyMap<DetectorName, readonly Feedback[]>
  /** From then on: whoever adds one raises the version. */
  answers?: { from: Seconds; said: readonly StripeAnswer[] }
}

const rowOf = ({ detector, key }: StateKey): string => `${detector} ${key}`

/**
 * What a process remembers of a tenant from one pass to the next. It is true as long as the claim's version is the one
 * that it was read under: whatever else writes these rows raises the version (see `raiseVersion`).
 */
export class Remembered {
  place: Place | undefined
  choices: Choices | undefined
  streams: Map<string, RememberedStream> | undefined
  /** When the wake for its timers is due; null: there is none; undefined: not known. */
  timer: Date | null | undefined
  bytes = ROW

  rememberStreams(streams: readonly Stream[]): Map<string, RememberedStream> {
    // A tenant without streams was never judged, so it has no timer either.
    if (streams.length === 0) this.timer = null
    this.bytes += streams.length * ROW
    const now = Number.NEGATIVE_INFINITY
    this.streams = new Map(
      streams.map((stream) => [stream.id, { stream, states: new Map(), timersFrom: now, endsFrom: now }]),
    )
    return this.streams
  }

  rememberStates(states: Map<string, StoredState>, rows: readonly StoredState[]): void {
    for (const row of rows) {
      this.bytes += sizeOf(row) - sizeOf(states.get(rowOf(row)))
      // Set anew it is the last one.
      states.delete(rowOf(row))
      states.set(rowOf(row), row)
    }
  }

  rememberFeedback(memory: RememberedStream, feedback: ReadonlyMap<DetectorName, readonly Feedback[]>): void {
    memory.feedback = feedback
    for (const said of feedback.values()) this.bytes += said.length * ROW
  }

  /** Takes over what a batch has changed. */
  apply(outcome: BatchOutcome): void {
    for (const { stream, states, incidents } of outcome.streams) {
      const memory = this.#begin(stream)
      const { saved, dropped } = states.changes()
      this.rememberStates(memory.states, saved)
      for (const key of dropped) {
        this.bytes -= sizeOf(memory.states.get(rowOf(key)))
        memory.states.delete(rowOf(key))
      }
      this.#forgetOldest(memory)
      for (const { incident } of incidents) {
        memory.endsFrom = Math.min(memory.endsFrom, incident.endsAt ?? NEVER)
        // What people said of it goes by how long it lasted.
        if (incident.status === 'FALSE_POSITIVE') delete memory.feedback
      }
    }
  }

  /** When the tenant is to be looked at although no event comes; it may turn out then that it was too early. */
  nextTimer(): Date | undefined {
    let at = NEVER
    const all = [...(this.streams?.values() ?? [])]
    const streams = all.map(({ stream }) => stream)
    for (const { stream, states, timersFrom, endsFrom } of all) {
      if (!stream.live) continue
      if (standsStill(stream, streams)) {
        at = Math.min(at, endsFrom + DISORDER)
        continue
      }
      let due = Math.min(timersFrom, endsFrom)
      for (const { wakeAt } of states.values()) if (wakeAt !== null && wakeAt < due) due = wakeAt
      at = Math.min(at, due + DISORDER, stream.hold === null ? NEVER : releaseAt(stream.hold))
    }
    return at === NEVER ? undefined : toDate(at)
  }

  /** What is not here any more may have a timer. */
  #forgetOldest(memory: RememberedStream): void {
    const { states } = memory
    // A map gives its keys in the order in which they were set.
    for (const [key, row] of states) {
      if (states.size <= MAX_STATES) return
      if (row.key === '') continue
      this.bytes -= sizeOf(row)
      states.delete(key)
      if (row.wakeAt !== null) memory.timersFrom = Math.min(memory.timersFrom, row.wakeAt)
    }
  }

  #begin(stream: Stream): RememberedStream {
    const memory = this.streams?.get(stream.id)
    if (memory !== undefined) {
      memory.stream = stream
      return memory
    }
    const begun = { stream, states: new Map(), timersFrom: NEVER, endsFrom: NEVER, feedback: new Map() }
    this.bytes += ROW
    this.streams ??= new Map()
    this.streams.set(stream.id, begun)
    return begun
  }
}

const sizeOf = (row: StoredState | undefined): number =>
  row === undefined ? 0 : row.state.length + row.key.length + ROW

/** A tenant's memory for one pass: what is remembered, and for the rest the database. */
export class RememberedMemory implements TenantMemory {
  constructor(
    readonly remembered: Remembered,
    private readonly stored: StoredMemory,
  ) {}

  async place(): Promise<Place> {
    this.remembered.place ??= await this.stored.place()
    return this.remembered.place
  }

  async choices(): Promise<Choices> {
    this.remembered.choices ??= await this.stored.choices()
    return this.remembered.choices
  }

  async streams(): Promise<Stream[]> {
    return [...(await this.#streams()).values()].map(({ stream }) => stream)
  }

  /** Not remembered: there is one for each charge, and few of them are met again. */
  objects(ids: readonly string[]): Promise<Map<string, KnownObject>> {
    return this.stored.objects(ids)
  }

  async states(
    stream: string,
    detectors: readonly AnyDetector[],
    facts: Iterable<Fact>,
    dueBy: Seconds,
  ): Promise<KeyedStates> {
    const states = new KeyedStates(detectors)
    const memory = (await this.#streams()).get(stream)
    // A stream that is not stored has no state.
    if (memory === undefined) return states
    const keys = keysOf(detectors, facts)
    const missing = keys.filter((key) => !memory.states.has(rowOf(key)))
    this.remembered.rememberStates(memory.states, await this.stored.storedStates(stream, missing))
    if (memory.timersFrom <= dueBy) {
      const { due, next } = await this.stored.dueStates(stream, dueBy)
      this.remembered.rememberStates(memory.states, due)
      memory.timersFrom = next ?? NEVER
    }
    states.load(keys.flatMap((key) => memory.states.get(rowOf(key)) ?? []))
    states.load([...memory.states.values()].filter(({ wakeAt }) => wakeAt !== null && wakeAt <= dueBy))
    return states
  }

  held(stream: string) {
    return this.stored.held(stream)
  }

  /** Asks the database only when something was found, or is to end. */
  async incidents(
    stream: string,
    keys: readonly IncidentKey[],
    since: Seconds,
    dueBy: Seconds,
  ): Promise<Incident[]> {
    const memory = (await this.#streams()).get(stream)
    if (memory === undefined || (keys.length === 0 && memory.endsFrom > dueBy)) return []
    const incidents = await this.stored.incidents(stream, keys, since, dueBy)
    if (memory.endsFrom <= dueBy) memory.endsFrom = (await this.stored.nextEnding(stream, dueBy)) ?? NEVER
    return incidents
  }

  async feedback(stream: string): Promise<ReadonlyMap<DetectorName, readonly Feedback[]>> {
    const memory = (await this.#streams()).get(stream)
    if (memory === undefined) return new Map()
    if (memory.feedback === undefined)
      this.remembered.rememberFeedback(memory, await this.stored.feedback(stream))
    return memory.feedback ?? new Map()
  }

  /** Those of before were needed before. */
  async answers(stream: string, from: Seconds): Promise<readonly StripeAnswer[]> {
    const memory = (await this.#streams()).get(stream)
    if (memory === undefined) return this.stored.answers(stream, from, Number.MAX_SAFE_INTEGER)
    if (memory.answers === undefined || from < memory.answers.from) {
      const said = await this.stored.answers(stream, from, Number.MAX_SAFE_INTEGER)
      memory.answers = { from, said }
      this.remembered.bytes += said.length * ROW
    }
    return memory.answers.said
  }

  raised(stream: string, detectors: readonly AnyDetector[], since: Seconds) {
    return this.stored.raised(stream, detectors, since)
  }

  pendingEvents(stripeIds: readonly string[]): Promise<PendingEvent[]> {
    return this.stored.pendingEvents(stripeIds)
  }

  async #streams(): Promise<Map<string, RememberedStream>> {
    return this.remembered.streams ?? this.remembered.rememberStreams(await this.stored.streams())
  }
}

import { type Calendar, UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import {
  type AnyDetector,
  type Delivery,
  defineDetector,
  type Ending,
  type Feedback,
  type Finding,
  type StripeAnswer,
} from '../../src/detection/detector.ts'
import type { Held } from '../../src/detection/engine/backlog.ts'
import { IncidentGrouper } from '../../src/detection/engine/grouping.ts'
import type { Incident } from '../../src/detection/engine/incident.ts'
import { type Operation, StreamJudge } from '../../src/detection/engine/judge.ts'
import type { JudgedEvent } from '../../src/detection/engine/judged-event.ts'
import type { StoredState } from '../../src/detection/engine/keyed-state.ts'
import { keysOf } from '../../src/detection/engine/keys.ts'
import { KeyedStates } from '../../src/detection/engine/states.ts'
import { DISORDER } from '../../src/detection/kit/disorder.ts'
import type { Fact } from '../../src/stripe/facts.ts'
import type { Seconds } from '../../src/time.ts'

/** A fact that came `lag` seconds after it happened; as soon as it could unless said. */
export type Late<T = Fact> = T & { lag?: Seconds }

export interface DriveOptions {
  settings?: Readonly<Record<string, number>>
  /** UTC without holidays unless given. */
  calendar?: Calendar
  /** What people say of the first detector's incidents. */
  feedback?: readonly Feedback[]
  /** What Stripe's API says of the stream, oldest first. */
  answers?: readonly StripeAnswer[]
  /** What is known of delivery, where none of the detectors watches it. */
  delivery?: (now: Seconds) => Delivery
  /** Facts between two trips of all state through JSON; 1 unless given. */
  batch?: number
  /** Time goes on to this moment after the last fact. */
  until?: Seconds
}

/**
 * What drives detectors in tests: the engine's own judge and grouper, all in memory. State is stored as JSON text, as
 * it is in production.
 */
export class Drive {
  readonly operations: Operation[] = []
  /** In the order they were raised, as they stand now. */
  readonly incidents: Incident[] = []
  readonly #detectors: readonly AnyDetector[]
  readonly #options: DriveOptions
  readonly #stored = new Map<string, StoredState>()
  readonly #grouper: IncidentGrouper
  #clock: Seconds | undefined
  #held: Held = { hold: null, events: [] }

  constructor(detectors: readonly AnyDetector[], options: DriveOptions = {}) {
    const { calendar = UTC_CALENDAR, delivery } = options
    this.#detectors = delivery === undefined ? detectors : [...detectors, watching(delivery)]
    this.#options = options
    let raised = 0
    this.#grouper = new IncidentGrouper({
      calendar,
      incidents: [],
      raised: new Map(),
      newId: () => `anm_${++raised}`,
      origin: 'HISTORY',
      wall: new Date(0),
    })
  }

  /** Delivers facts one after another. */
  feed(...facts: readonly (Late | readonly Late[])[]): this {
    const { batch = 1 } = this.#options
    let newest = this.#clock ?? Number.NEGATIVE_INFINITY
    const events = facts.flat().map((fact) => {
      newest = Math.max(newest, fact.at + (fact.lag ?? 0))
      return eventOf(fact, newest)
    })
    for (let from = 0; from < events.length; from += batch) this.#judge(events.slice(from, from + batch))
    return this
  }

  /** Fires every timer up to the moment itself, or only judges what waits for its order. */
  until(at?: Seconds): this {
    this.#judge([], at === undefined ? undefined : at + DISORDER, true)
    return this
  }

  get findings(): Finding[] {
    return this.operations.flatMap(({ said }) => ('finding' in said ? said.finding : []))
  }

  get endings(): Ending[] {
    return this.operations.flatMap(({ said }) => ('ending' in said ? said.ending : []))
  }

  /** What is stored of a key of the first detector. */
  stored(key: string): StoredState | undefined {
    return this.#stored.get(`${this.#detectors[0]?.name} ${key}`)
  }

  /** Size in characters of what is stored of a key; of '' also what is stored of the whole stream. */
  size(key: string): number {
    return this.stored(key)?.state.length ?? 0
  }

  #judge(events: readonly JudgedEvent[], until?: Seconds, isLast = false): void {
    const { settings: values = {}, calendar, feedback = [], answers } = this.#options
    const newest = Math.max(this.#clock ?? 0, until ?? 0, events.at(-1)?.deliveredAt ?? 0)
    const states = new KeyedStates(this.#detectors)
    states.load(this.#statesFor(events, newest - DISORDER))
    const choices = new Map(this.#detectors.map(({ name }) => [name, { enabled: true, values }]))
    const said = new Map(this.#detectors.slice(0, 1).map(({ name }) => [name, feedback]))
    const judge = new StreamJudge(this.#detectors, states, choices, this.#clock, calendar, said, answers)
    const { operations, failures, brokenTimers, hold, held } = judge.judge(events, until, this.#held, isLast)
    const [failure] = [...failures.values(), ...brokenTimers]
    if (failure !== undefined) throw new Error(failure)
    this.#clock = judge.clock
    this.#held = { hold, events: [...(held.released ? [] : this.#held.events), ...held.added] }
    this.#store(states)
    this.#group(operations, newest - DISORDER)
  }

  /** As storage gives them: the keys of the facts, and the timers that are due. */
  #statesFor(events: readonly JudgedEvent[], dueBy: Seconds): StoredState[] {
    const facts = [...this.#held.events, ...events].flatMap((event) => event.facts)
    const keys = new Set(keysOf(this.#detectors, facts).map(({ detector, key }) => `${detector} ${key}`))
    for (const { name, shared } of this.#detectors) if (shared !== undefined) keys.add(`${name} `)
    return [...this.#stored]
      .filter(([key, { wakeAt }]) => keys.has(key) || (wakeAt !== null && wakeAt <= dueBy))
      .map(([, state]) => state)
  }

  #store(states: KeyedStates): void {
    const { saved, dropped } = states.changes()
    for (const { detector, key } of dropped) this.#stored.delete(`${detector} ${key}`)
    for (const state of saved) this.#stored.set(`${state.detector} ${state.key}`, state)
  }

  #group(operations: readonly Operation[], dueBy: Seconds): void {
    for (const operation of operations) this.#grouper.add(operation)
    this.#grouper.expire(this.#detectors, dueBy)
    for (const { incident, change } of this.#grouper.takeChanges())
      if (change === 'ANOMALY_RAISED') this.incidents.push(incident)
    this.operations.push(...operations)
  }
}

/** Feeds facts in the order given, which is that of their delivery, and lets time go on to `until`. */
export const drive = (
  detectors: AnyDetector | readonly AnyDetector[],
  facts: readonly Late[],
  options: DriveOptions = {},
): Drive => new Drive([detectors].flat(), options).feed(facts).until(options.until)

/** Drives through a long history: facts in any order, as they were delivered. */
export const driveHistory = (
  detectors: readonly AnyDetector[],
  facts: readonly Late[],
  options: DriveOptions = {},
): Drive => {
  const deliveredAt = ({ at, lag = 0 }: Late) => at + lag
  const inOrder = [...facts].sort((a, b) => deliveredAt(a) - deliveredAt(b) || a.at - b.at)
  return drive(detectors, inOrder, { batch: 1_000, ...options })
}

/** What must not depend on the order of arrival: which incidents, and the hour they began. */
export const shapeOf = (incidents: readonly Incident[]): string[] =>
  incidents
    .map(
      ({ detector, fingerprint, startedAt }) => `${detector} ${fingerprint} ${Math.floor(startedAt / 3600)}`,
    )
    .sort()

function eventOf(fact: Late, deliveredAt: Seconds): JudgedEvent {
  const { at, eventId, kind } = fact
  const delivered = { kind: 'delivered', at, eventId, type: kind, lag: deliveredAt - at } as const
  const facts = fact.kind === 'delivered' ? [{ ...fact, ...delivered }] : [delivered, fact]
  return { stripeId: eventId, at, deliveredAt, facts }
}

/** Stands for the detector that watches delivery. */
const watching = (delivery: (now: Seconds) => Delivery): AnyDetector =>
  defineDetector({
    name: 'WEBHOOK_LAG',
    title: 'Delivery',
    description: 'Says what is known of delivery.',
    facts: ['delivered'],
    settings: {},
    selfResolving: true,
    perObject: false,
    cooldown: 0,
    stateVersion: 1,
    idleAfter: Number.POSITIVE_INFINITY,
    initial: () => ({}),
    key: () => '',
    observe: () => undefined,
    delivery: (_, now) => delivery(now),
  })

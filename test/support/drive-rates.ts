import { type Calendar, UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import type { AnyDetector, Feedback, Finding } from '../../src/detection/detector.ts'
import type { Held } from '../../src/detection/engine/backlog.ts'
import { Folder } from '../../src/detection/engine/folding.ts'
import type { Incident } from '../../src/detection/engine/incident.ts'
import { StreamJudge } from '../../src/detection/engine/judge.ts'
import type { JudgedEvent } from '../../src/detection/engine/judged-event.ts'
import { KeyedStates, type StoredState } from '../../src/detection/engine/states.ts'
import type { Fact } from '../../src/stripe/facts.ts'
import type { Seconds } from '../../src/time.ts'

/** A fact that came `lag` seconds after it happened; 0 unless said. */
export type Late<T = Fact> = T & { lag?: Seconds }

export interface DriveOptions {
  settings?: Readonly<Record<string, number>>
  /** Time goes on to this moment after the last fact. */
  until?: Seconds
  /** What people say of the first detector's incidents. */
  feedback?: readonly Feedback[]
  /** Facts between two trips of all state through JSON; by default state never leaves memory. */
  batch?: number
  /** UTC without holidays unless given. */
  calendar?: Calendar
}

export interface Driven {
  /** In the order they were raised, as they stand at the end. */
  incidents: Incident[]
  /** Every finding, in the order they were said. */
  findings: { at: Seconds; detector: string; finding: Finding }[]
  states: StoredState[]
}

/** Feeds facts in the order of their delivery to the engine's own judge and folder, all in memory. */
export function drive(
  detectors: readonly AnyDetector[],
  facts: readonly Late[],
  { settings = {}, until, batch = 1_000_000, calendar, feedback = [] }: DriveOptions = {},
): Driven {
  const events = facts.map(eventOf).sort((a, b) => a.deliveredAt - b.deliveredAt || a.at - b.at)
  const choices = new Map(detectors.map(({ name }) => [name, { enabled: true, values: settings }]))
  const incidents = new Map<string, Incident>()
  const findings: Driven['findings'] = []
  let stored: StoredState[] = []
  let clock: Seconds | undefined
  let held: Held = { hold: null, events: [] }
  let id = 0
  for (let from = 0; from === 0 || from < events.length; from += batch) {
    const states = new KeyedStates(detectors)
    states.load(stored)
    const said = new Map(detectors.slice(0, 1).map(({ name }) => [name, feedback]))
    const judge = new StreamJudge(detectors, states, choices, clock, calendar, said)
    const isLast = from + batch >= events.length
    const judgement = judge.judge(
      events.slice(from, from + batch),
      isLast && until !== undefined ? until + 900 : undefined,
      held,
      isLast,
    )
    const { operations, failures, brokenTimers } = judgement
    const waiting = judgement.held.released ? [] : held.events
    held = { hold: judgement.hold, events: [...waiting, ...judgement.held.added] }
    const [failure] = [...failures.values(), ...brokenTimers]
    if (failure !== undefined) throw new Error(failure)
    const folder = new Folder({
      calendar: calendar ?? UTC_CALENDAR,
      incidents: [...incidents.values()],
      raised: new Map(),
      newId: () => `anm_${++id}`,
      origin: 'HISTORY',
      wall: new Date(0),
    })
    for (const operation of operations) {
      folder.fold(operation)
      if ('finding' in operation.said)
        findings.push({
          at: operation.at,
          detector: operation.detector.name,
          finding: operation.said.finding,
        })
    }
    for (const { incident } of folder.takeChanges()) incidents.set(incident.id, incident)
    const kept = new Map(stored.map((state) => [`${state.detector} ${state.key}`, state]))
    for (const state of states.changes().saved) kept.set(`${state.detector} ${state.key}`, state)
    stored = [...kept.values()]
    clock = judge.clock
  }
  return { incidents: [...incidents.values()], findings, states: stored }
}

function eventOf({ lag = 0, ...fact }: Late): JudgedEvent {
  const { at, eventId } = fact
  return {
    stripeId: eventId,
    at,
    deliveredAt: at + lag,
    facts: [
      { kind: 'delivered', at, eventId, type: fact.kind, lag },
      ...(fact.kind === 'delivered' ? [] : [fact]),
    ],
  }
}

import { type Calendar, UTC_CALENDAR } from '../../src/calendar/calendar.ts'
import {
  type Delivery,
  type Detector,
  type Ending,
  type Feedback,
  type Finding,
  SEVERITIES,
  type SettingsSpec,
  type Step,
  UNDISTURBED,
} from '../../src/detection/detector.ts'
import type { FactKind, FactOf } from '../../src/stripe/facts.ts'
import { MINUTE, type Seconds } from '../../src/time.ts'

const DISORDER = 15 * MINUTE

/** What one fact or timer made the detector say. */
export interface Said {
  key: string
  at: Seconds
  eventId?: string
  finding?: Finding
  ending?: Ending
}

/** Signs of one fingerprint until they end: as much of an incident as a single detector can be asked for. */
export interface Episode {
  fingerprint: string
  startedAt: Seconds
  detectedAt: Seconds
  endedAt: Seconds | undefined
  severity: (typeof SEVERITIES)[number]
  occurrences: number
  /** The newest. */
  finding: Finding
  events: Set<string>
}

export interface Options {
  settings?: Record<string, number>
  delivery?: (now: Seconds) => Delivery
  /** UTC without holidays unless given. */
  calendar?: Calendar
  /** What people say of the detector's incidents. */
  feedback?: readonly Feedback[]
}

interface Slot {
  json: string
  wakeAt: Seconds | null
}

/**
 * Feeds facts, in the order given, to one detector whose state is kept per key as JSON text between any two facts,
 * and fires timers 15 minutes behind the newest fact. At the end of the test `until` lets time pass without facts.
 */
export class Drive<State, Kind extends FactKind, Spec extends SettingsSpec, Shared = unknown> {
  readonly said: Said[] = []
  readonly #slots = new Map<string, Slot>()
  readonly #settings: Record<string, number>
  #shared: string | undefined
  #newest: Seconds = Number.NEGATIVE_INFINITY

  constructor(
    readonly detector: Detector<State, Kind, Spec, Shared>,
    readonly options: Options = {},
  ) {
    const defaults = Object.entries(detector.settings).map(
      ([name, setting]) => [name, setting.default] as const,
    )
    this.#settings = { ...Object.fromEntries(defaults), ...options.settings }
  }

  feed(...facts: readonly FactOf<Kind>[]): this {
    for (const fact of facts) {
      this.#newest = Math.max(this.#newest, fact.at)
      this.#fire(this.#newest - DISORDER)
      const key = this.detector.key(fact)
      if (key === undefined) continue
      this.#ask(key, fact.at, fact.eventId, (state, context) => this.detector.observe(state, fact, context))
    }
    return this
  }

  /** Lets time pass: fires every timer up to the moment itself. */
  until(at: Seconds): this {
    this.#newest = Math.max(this.#newest, at + DISORDER)
    this.#fire(at)
    return this
  }

  get findings(): Finding[] {
    return this.said.flatMap(({ finding }) => finding ?? [])
  }

  get endings(): Ending[] {
    return this.said.flatMap(({ ending }) => ending ?? [])
  }

  /** Size in characters of the key's stored state. */
  size(key: string): number {
    return this.#slots.get(key)?.json.length ?? 0
  }

  wakeAt(key: string): Seconds | null {
    return this.#slots.get(key)?.wakeAt ?? null
  }

  /** What was said, folded: as the engine does it, without floods and people. Ends by `endsAfter` up to now. */
  episodes(): Episode[] {
    const all: Episode[] = []
    const open = new Map<string, { episode: Episode; endsAt: Seconds }>()
    const close = (fingerprint: string, at: Seconds) => {
      const known = open.get(fingerprint)
      if (known === undefined || known.episode.endedAt !== undefined) return
      known.episode.endedAt = Math.max(at, known.episode.startedAt)
    }
    const expire = (fingerprint: string, now: Seconds) => {
      const endsAt = open.get(fingerprint)?.endsAt ?? Number.POSITIVE_INFINITY
      if (endsAt <= now) close(fingerprint, endsAt)
    }
    for (const { at, eventId, finding, ending } of this.said) {
      if (ending !== undefined) close(ending.fingerprint, ending.at)
      if (finding === undefined) continue
      expire(finding.fingerprint, at)
      let known = open.get(finding.fingerprint)
      const ended = known?.episode.endedAt
      if (known === undefined || (ended !== undefined && at - ended > this.detector.cooldown)) {
        const episode = begin(finding, at)
        known = { episode, endsAt: Number.POSITIVE_INFINITY }
        open.set(finding.fingerprint, known)
        all.push(episode)
      }
      addSign(known.episode, finding, eventId)
      if (finding.endsAfter !== undefined) {
        const before = known.endsAt === Number.POSITIVE_INFINITY ? 0 : known.endsAt
        known.endsAt = Math.max(before, at + finding.endsAfter)
      }
    }
    for (const fingerprint of open.keys()) expire(fingerprint, this.#newest - DISORDER)
    return all
  }

  /** Size in characters of what the detector stores of the whole stream. */
  get sharedSize(): number {
    return this.#shared?.length ?? 0
  }

  #sharedState(): Shared {
    const { shared } = this.detector
    if (shared === undefined) return undefined as Shared
    if (this.#shared === undefined) return shared.initial()
    const parsed = JSON.parse(this.#shared)
    return shared.revive === undefined ? parsed : shared.revive(parsed)
  }

  #fire(due: Seconds): void {
    for (;;) {
      let first: { key: string; at: Seconds } | undefined
      for (const [key, { wakeAt }] of this.#slots)
        if (wakeAt !== null && wakeAt <= due && (first === undefined || wakeAt < first.at))
          first = { key, at: wakeAt }
      if (first === undefined) return
      const slot = this.#slots.get(first.key)
      if (slot !== undefined) slot.wakeAt = null
      this.#ask(first.key, first.at, undefined, (state, context) => this.detector.onTimer?.(state, context))
    }
  }

  #ask(
    key: string,
    now: Seconds,
    eventId: string | undefined,
    ask: (
      state: State,
      context: Parameters<Detector<State, Kind, Spec, Shared>['observe']>[2],
    ) => Step | undefined,
  ): void {
    const slot = this.#slots.get(key) ?? { json: JSON.stringify(this.detector.initial()), wakeAt: null }
    this.#slots.set(key, slot)
    const parsed = JSON.parse(slot.json)
    const state: State = this.detector.revive === undefined ? parsed : this.detector.revive(parsed)
    const delivery = this.options.delivery?.(now) ?? UNDISTURBED
    const shared = this.#sharedState()
    const context = {
      now,
      shared,
      key,
      settings: this.#settings as { [Name in keyof Spec]: number },
      delivery,
      held: false,
      calendar: this.options.calendar ?? UTC_CALENDAR,
      feedback: (this.options.feedback ?? []).filter(({ at }) => at <= now),
    }
    const step = ask(state, context)
    slot.json = JSON.stringify(state)
    this.#shared = JSON.stringify(shared)
    const sign = eventId === undefined ? {} : { eventId }
    for (const finding of step?.findings ?? []) this.said.push({ key, at: now, ...sign, finding })
    for (const ending of step?.ended ?? []) this.said.push({ key, at: now, ...sign, ending })
    if (step?.wakeAt !== undefined) slot.wakeAt = step.wakeAt
    if (step?.forget) this.#slots.delete(key)
  }
}

const begin = (finding: Finding, at: Seconds): Episode => ({
  fingerprint: finding.fingerprint,
  startedAt: Math.min(finding.startedAt, at),
  detectedAt: at,
  endedAt: undefined,
  severity: finding.severity,
  occurrences: 0,
  finding,
  events: new Set(),
})

function addSign(episode: Episode, finding: Finding, eventId: string | undefined): void {
  episode.startedAt = Math.min(episode.startedAt, finding.startedAt)
  episode.endedAt = undefined
  if (SEVERITIES.indexOf(finding.severity) > SEVERITIES.indexOf(episode.severity))
    episode.severity = finding.severity
  episode.occurrences += finding.signs
  episode.finding = finding
  for (const id of finding.events ?? []) episode.events.add(id)
  if (eventId !== undefined) episode.events.add(eventId)
}

/** What must not depend on the order of arrival: which incidents, and the hour they began. */
export const shapeOf = (episodes: readonly Episode[]): string[] =>
  episodes.map(({ fingerprint, startedAt }) => `${fingerprint} @${Math.floor(startedAt / 3600)}`).sort()

import { type Calendar, UTC_CALENDAR } from '../../calendar/calendar.ts'
import type { Fact, FactKind } from '../../stripe/facts.ts'
import { HOUR, type Seconds } from '../../time.ts'
import type { AnyDetector, DetectorName, Ending, Feedback, Finding, Step, StripeAnswer } from '../detector.ts'
import { DISORDER, TOO_LATE } from '../kit/disorder.ts'
import { Asking } from './asking.ts'
import { Backlog, type Held, type Hold, type HoldChange } from './backlog.ts'
import type { Choices } from './choices.ts'
import { DetectorFailure, Failures } from './failures.ts'
import type { JudgedEvent } from './judged-event.ts'
import type { KeyedState } from './keyed-state.ts'
import { listenersOf } from './keys.ts'
import type { KeyedStates } from './states.ts'

/** What was to be waited for may be on its way, too, when a fact comes late: no timer that it sets rings sooner. */
const LATE_PATIENCE: Seconds = 6 * HOUR

/** What a detector said, to be grouped into incidents. */
export interface Operation {
  detector: AnyDetector
  key: string
  /** Event time of the sign, or the moment of the timer. */
  at: Seconds
  /** The event that was being observed. */
  stripeId?: string
  /** That event was found so late that it is told of as of the past. */
  isPast?: boolean
  said: { finding: Finding } | { ending: Ending }
}

export interface Judgement {
  operations: Operation[]
  hold: Hold | null
  held: HoldChange
  /** Events that came so late that no rate is judged by them. */
  late: number
  /** What a detector threw, by event. */
  failures: Map<string, string>
  /** Timers whose handler threw: detector, key and error. They are taken away. */
  brokenTimers: string[]
}

/**
 * Judges one stream: facts in event order, timers between them, state changed in place. It holds no clock and
 * does no I/O; the same events in any batches give the same operations.
 */
export class StreamJudge {
  readonly #asking: Asking
  readonly #listeners: ReadonlyMap<FactKind, readonly AnyDetector[]>
  #operations: Operation[] = []
  #backlog = new Backlog(null, [])
  #failures = new Failures()
  #isPast = false
  #late = 0

  /**
   * @param clock newest delivery judged so far; undefined for a new stream
   * @param states holds every key that the facts need (see `keysOf`), and every timer due
   */
  constructor(
    detectors: readonly AnyDetector[],
    readonly states: KeyedStates,
    choices: Choices,
    public clock: Seconds | undefined,
    calendar: Calendar = UTC_CALENDAR,
    feedback: ReadonlyMap<DetectorName, readonly Feedback[]> = new Map(),
    answers: readonly StripeAnswer[] = [],
  ) {
    this.#asking = new Asking(detectors, choices, states, feedback, calendar, answers)
    this.#listeners = listenersOf(byDelivery(detectors))
  }

  /**
   * Judges a batch, already in the order of delivery, and then fires what is due by `until`. When a detector
   * throws, everything is taken back and judged again without that event for that detector.
   * @param held events of former batches that wait
   * @param isLast no more is to come: what waits is judged
   */
  judge(
    events: readonly JudgedEvent[],
    until?: Seconds,
    held: Held = { hold: null, events: [] },
    isLast = false,
  ): Judgement {
    this.#failures = new Failures()
    const before = this.clock
    for (;;) {
      this.clock = before
      this.#operations = []
      this.#asking.held = false
      this.#late = 0
      this.#backlog = new Backlog(held.hold, held.events)
      try {
        this.#pass(events, until)
        if (isLast && this.#backlog.hold !== null) this.#release()
        return this.#judgement()
      } catch (error) {
        if (!(error instanceof DetectorFailure)) throw error
        this.states.rollback()
        this.#failures.note(error)
      }
    }
  }

  #judgement(): Judgement {
    const { hold, change } = this.#backlog
    const { events, timers } = this.#failures
    return {
      operations: this.#operations,
      hold,
      held: change,
      late: this.#late,
      failures: events,
      brokenTimers: timers,
    }
  }

  #pass(events: readonly JudgedEvent[], until: Seconds | undefined): void {
    for (const event of events) {
      const clock = this.#goTo(event.deliveredAt)
      const late = event.at < clock - TOO_LATE
      if (late) this.#late += 1
      this.#isPast = event.found === true && event.at < event.deliveredAt - TOO_LATE
      const waits = event.deliveredAt - event.at > this.#asking.lateAfter
      const waiting = new Set<Fact>()
      for (const fact of event.facts) {
        for (const detector of this.#listeners.get(fact.kind) ?? []) {
          const isRate = !detector.perObject && detector !== this.#asking.watch
          if (late && isRate) continue
          if (waits && isRate && !detector.anyOrder) waiting.add(fact)
          else this.#ask(detector, fact, event.stripeId)
        }
      }
      this.#isPast = false
      if (waiting.size > 0) this.#backlog.add({ ...event, facts: [...waiting] }, clock)
    }
    if (until !== undefined) this.#goTo(until)
  }

  /** Moves the clock on, unless it is further already: what waits is judged, and timers fire, when their time comes. */
  #goTo(to: Seconds): Seconds {
    const clock = Math.max(this.clock ?? to, to)
    while (this.#backlog.releaseAt <= clock) {
      this.clock = Math.max(this.clock ?? 0, this.#backlog.releaseAt)
      this.#fireTimers(this.clock - DISORDER)
      this.#release()
    }
    this.clock = clock
    this.#fireTimers(clock - DISORDER)
    return clock
  }

  /** Judges what waits as it would have been had it come in order, with the timers that it sets on the way. */
  #release(): void {
    for (const { at, stripeId, facts } of this.#backlog.release()) {
      this.#fireTimers(at - DISORDER)
      this.#asking.held = true
      for (const fact of facts) {
        for (const detector of this.#listeners.get(fact.kind) ?? [])
          if (!detector.perObject && !detector.anyOrder && detector !== this.#asking.watch)
            this.#ask(detector, fact, stripeId)
      }
      this.#asking.held = false
    }
  }

  #ask(detector: AnyDetector, fact: Fact, stripeId: string): void {
    if (!this.#failures.leavesOutEvent(detector.name, stripeId)) this.#observe(detector, fact, stripeId)
  }

  #observe(detector: AnyDetector, fact: Fact, stripeId: string): void {
    try {
      const key = detector.key(fact)
      if (key === undefined) return
      const entry = this.states.open(detector, key, fact.at)
      this.#asking.turnTo(detector, key, fact.at)
      const step = detector.observe(entry.state, fact, this.#asking)
      if (step !== undefined) this.#take(step, entry, fact.at, stripeId)
    } catch (error) {
      throw new DetectorFailure(detector.name, stripeId, false, error)
    }
  }

  #fireTimers(due: Seconds): void {
    for (let timer = this.states.nextTimer(due); timer !== undefined; timer = this.states.nextTimer(due)) {
      const { entry, at } = timer
      const { detector, key } = entry
      if (this.#failures.leavesOutTimer(detector.name, key)) continue
      try {
        this.#asking.turnTo(detector, key, at)
        const step = detector.onTimer?.(entry.state, this.#asking)
        if (step?.wakeAt !== undefined && step.wakeAt !== null && step.wakeAt <= at)
          throw new Error('a timer that sets itself into the past')
        if (step !== undefined) this.#take(step, entry, at)
      } catch (error) {
        throw new DetectorFailure(detector.name, key, true, error)
      }
    }
  }

  #take(step: Step, entry: KeyedState, at: Seconds, stripeId?: string): void {
    const { detector, key } = entry
    const sign = stripeId === undefined ? {} : { stripeId, ...(this.#isPast && { isPast: true }) }
    if (!this.#asking.isMuted(detector)) {
      for (const finding of step.findings ?? [])
        this.#operations.push({ detector, key, at, ...sign, said: { finding } })
    }
    for (const ending of step.ended ?? [])
      this.#operations.push({ detector, key, at, ...sign, said: { ending } })
    if (step.wakeAt !== undefined) {
      const isLate = stripeId !== undefined && at < (this.clock ?? at) - DISORDER
      this.states.wake(entry, isLate ? this.#patiently(detector, step.wakeAt) : step.wakeAt)
    }
    if (step.forget) this.states.forget(entry)
  }

  /** Rules about rates go by their own hours; those about single objects wait for what belongs to the object. */
  #patiently({ perObject }: AnyDetector, wakeAt: Seconds | null): Seconds | null {
    return wakeAt === null || !perObject || this.clock === undefined
      ? wakeAt
      : Math.max(wakeAt, this.clock + LATE_PATIENCE)
  }
}

const byDelivery = (detectors: readonly AnyDetector[]): AnyDetector[] =>
  [...detectors].sort((a, b) => Number(b.delivery !== undefined) - Number(a.delivery !== undefined))

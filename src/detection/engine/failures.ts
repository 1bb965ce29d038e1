import type { DetectorName } from '../detector.ts'

/** After this many errors of one detector in a batch it is left out of the rest of it. */
const MOST = 10

export class DetectorFailure extends Error {
  constructor(
    readonly detector: DetectorName,
    /** The event, or the key of the timer. */
    readonly subject: string,
    readonly onTimer: boolean,
    cause: unknown,
  ) {
    super(`${detector}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** What detectors threw in one batch, and what is left out for it when the batch is judged again. */
export class Failures {
  /** By event. */
  readonly events = new Map<string, string>()
  /** Detector, key and error. */
  readonly timers: string[] = []
  readonly #counts = new Map<DetectorName, number>()
  readonly #excluded = new Set<string>()
  readonly #detectors = new Set<DetectorName>()

  note({ detector, subject, onTimer, message }: DetectorFailure): void {
    const count = (this.#counts.get(detector) ?? 0) + 1
    this.#counts.set(detector, count)
    if (count >= MOST) this.#detectors.add(detector)
    else this.#excluded.add(idOf(detector, onTimer, subject))
    if (onTimer) this.timers.push(`${message} (timer of '${subject}')`)
    else this.events.set(subject, message)
  }

  leavesOutEvent(detector: DetectorName, stripeId: string): boolean {
    if (this.#counts.size === 0) return false
    if (!this.#detectors.has(detector)) return this.#excluded.has(idOf(detector, false, stripeId))
    if (!this.events.has(stripeId))
      this.events.set(stripeId, `${detector}: left out after ${MOST} errors in one batch`)
    return true
  }

  leavesOutTimer(detector: DetectorName, key: string): boolean {
    return this.#detectors.has(detector) || this.#excluded.has(idOf(detector, true, key))
  }
}

const idOf = (detector: DetectorName, onTimer: boolean, subject: string): string =>
  `${onTimer ? 'timer' : 'event'} ${detector} ${subject}`

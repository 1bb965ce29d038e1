import { HOUR, type Seconds } from '../../time.ts'
import type { Delivery } from '../detector.ts'
import { shortfall } from '../statistics/deviance.ts'
import type { Season } from '../statistics/season.ts'
import { hoursTouched, type Spans } from '../statistics/spans.ts'

/** Only so much of what is usual is counted on: deliveries come in bunches. */
const MARGIN = 0.6
/** From so many nats on a silence that goes on is odd: ordinary ones are so several times a day, but soon end. */
const ODD = 2.5
/** From so many on it is no ordinary one, and its hours are lost. */
const LOST = 6
/** Shorter gaps are none: when trade breaks down, the few events that still come show that delivery works. */
const LONG: Seconds = HOUR

export interface Watched {
  /** Newest arrival; 0 before the first. */
  last: Seconds
  season: Season
  /** Stretches lost to silence and to lateness. */
  silences: Spans
  late: Spans
  disturbedAt: Seconds
}

/** How odd it is, in nats, that nothing arrived from the last arrival until `until`. */
export function silence({ last, season }: Watched, until: Seconds): { nats: number; usual: number } {
  if (last === 0 || until <= last) return { nats: 0, usual: 0 }
  const usual = season.expected(last, until)
  return { nats: shortfall(0, MARGIN * usual, season.dispersion), usual }
}

/** Whether the hours from the last arrival until `until` are lost. */
export const isLost = (watched: Watched, until: Seconds): boolean =>
  until - watched.last >= LONG && silence(watched, until).nats >= LOST

/** Hours lost to a silence that goes on, to earlier ones, and to lateness. */
export function lostHours(watched: Watched, from: Seconds, to: Seconds, now: Seconds): readonly Seconds[] {
  const { silences, late, last } = watched
  const goingOn = isLost(watched, now)
  if (!goingOn && silences.length === 0 && late.length === 0) return []
  const spans: Spans = [...silences, ...late]
  if (goingOn) spans.push([last, null])
  return hoursTouched(spans, from, to)
}

/** What the other detectors may know, worked out only when asked. */
export class DeliveryView implements Delivery {
  readonly #watched: Watched
  readonly #now: Seconds

  constructor(watched: Watched, now: Seconds) {
    this.#watched = watched
    this.#now = now
  }

  get quiet(): boolean {
    const { last } = this.#watched
    return this.#now - last >= LONG && silence(this.#watched, this.#now).nats >= ODD
  }

  get disturbedAt(): Seconds | undefined {
    if (this.quiet) return this.#now
    return this.#watched.disturbedAt === 0 ? undefined : this.#watched.disturbedAt
  }

  readonly dark = (from: Seconds, to: Seconds): readonly Seconds[] =>
    lostHours(this.#watched, Math.floor(from / HOUR) * HOUR, to, this.#now)
}

import { HOUR, type Seconds } from '../../time.ts'
import type { Delivery } from '../detector.ts'
import { shortfall } from '../statistics/deviance.ts'
import { hourOf } from '../statistics/hours.ts'
import type { Season } from '../statistics/season.ts'
import { hoursTouched, type Spans } from '../statistics/spans.ts'
import { type Arrivals, lateness } from './lateness.ts'

/** Only so much of what is usual is counted on: deliveries come in bunches. */
const MARGIN = 0.6
/** From so many nats on a silence that goes on is odd: ordinary ones are so several times a day, but soon end. */
const ODD = 2.5
/** From so many on it is no ordinary one, and its hours are lost. */
const LOST = 6
/** Shorter gaps are none: when trade breaks down, the few events that still come show that delivery works. */
const LONG: Seconds = HOUR
/** By so many hours before a silence it is told from a trickle: little comes, but what comes is fresh. */
const TRICKLE_HOURS = 6
/** After an outage Stripe delivers again: with so many late ones among them the few arrivals are no trickle. */
const LATE_SHARE = 0.2

export interface Watched {
  /** Newest arrival; 0 before the first. */
  last: Seconds
  season: Season
  arrivals: Arrivals
  /** Stretches lost to silence and to lateness. */
  silences: Spans
  late: Spans
  disturbedAt: Seconds
}

/**
 * How odd it is, in nats, that nothing arrived from the last arrival until `until`. Where only a trickle came before,
 * no more is expected to go on: trade has broken down, not delivery.
 */
export function silence(watched: Watched, until: Seconds): { nats: number; usual: number } {
  const { last, season } = watched
  if (last === 0 || until <= last) return { nats: 0, usual: 0 }
  const usual = season.expected(last, until)
  return { nats: shortfall(0, MARGIN * usual * trickle(watched), season.dispersion), usual }
}

/** Share of the usual that came in the hours before the last arrival; 1 unless it was oddly little. */
function trickle({ last, season, arrivals }: Watched): number {
  const from = hourOf(last) - TRICKLE_HOURS
  const usual = season.expected(from * HOUR, last)
  const seen = season.hours.between(from, hourOf(last) + 1)
  if (shortfall(seen, MARGIN * usual, season.dispersion) < ODD) return 1
  const { late, arrivals: all } = lateness(arrivals, last)
  return late >= LATE_SHARE * all ? 1 : (1 + seen) / (1 + usual)
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

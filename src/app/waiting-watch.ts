import type { Metrics } from '../metrics.ts'
import { alertsStanding } from '../storage/alerts/standing.ts'
import type { Database } from '../storage/database.ts'
import { oldestWaiting } from '../storage/detection/waiting.ts'
import type { Clock } from '../time.ts'

/** Milliseconds between two looks. */
const EVERY = 5_000

/** Milliseconds between two warnings: whatever makes a look fail makes the next one fail, too. */
const WARN_EVERY = 10 * 60_000

export interface WaitingWatchParts {
  database: Database
  clock: Clock
  log: { warn(fields: object, message: string): void }
  metrics: Metrics
}

/**
 * Measures how long events and alerts wait, of all tenants. Every process does, also one that neither judges nor alerts:
 * that nobody does is what has to be noticed.
 */
export class WaitingWatch {
  readonly #parts: WaitingWatchParts
  #timer: NodeJS.Timeout | undefined
  #look: Promise<void> = Promise.resolve()
  #stopping = false
  /** By the steady clock. */
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(parts: WaitingWatchParts) {
    this.#parts = parts
  }

  start(): void {
    this.#look = this.look().finally(() => {
      if (!this.#stopping) this.#timer = setTimeout(() => this.start(), EVERY).unref()
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.#look
  }

  async look(): Promise<void> {
    for (const measure of [measureEvents, measureAlerts])
      await measure(this.#parts).catch((err: unknown) => this.#warn(err))
  }

  #warn(err: unknown): void {
    const { clock, log } = this.#parts
    if (clock.steady() - this.#warnedAt < WARN_EVERY) return
    this.#warnedAt = clock.steady()
    log.warn({ err }, 'could not measure what waits')
  }
}

async function measureEvents({ database, clock, metrics }: WaitingWatchParts): Promise<void> {
  const now = clock.now()
  metrics.oldestWaitingSeconds.set(secondsSince(await oldestWaiting(database, now), now))
}

async function measureAlerts({ database, clock, metrics }: WaitingWatchParts): Promise<void> {
  const now = clock.now()
  for (const { kind, waiting, oldestDue, disabledChannels } of await alertsStanding(database, now)) {
    metrics.alertsWaiting.set({ kind }, waiting)
    metrics.alertsOldestWaitingSeconds.set({ kind }, secondsSince(oldestDue, now))
    metrics.alertChannelsDisabled.set({ kind }, disabledChannels)
  }
}

const secondsSince = (at: Date | undefined, now: Date): number =>
  at === undefined ? 0 : Math.max(0, (now.getTime() - at.getTime()) / 1_000)

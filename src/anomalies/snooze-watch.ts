import { SYSTEM } from '../actor.ts'
import type { Bus } from '../bus/bus.ts'
import type { Database } from '../storage/database.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import { overdueSnoozes } from '../storage/snoozes.ts'
import type { WallClock } from '../time.ts'
import { endOverdueSnooze } from './snooze.ts'

/** Milliseconds between two looks. */
const EVERY = 1_000
/** Snoozes that end at one look. */
const BATCH = 100

export interface SnoozeWatchParts {
  database: Database
  bus: Bus
  clock: WallClock
  log: { warn(fields: object, message: string): void }
}

/** Ends snoozes when their time is over. Several processes may look: each snooze ends once. */
export class SnoozeWatch {
  readonly #parts: SnoozeWatchParts
  #timer: NodeJS.Timeout | undefined
  #look: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(parts: SnoozeWatchParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#look = this.look()
        .catch((err: unknown) => this.#parts.log.warn({ err }, 'could not end snoozes; trying again'))
        .finally(() => {
          if (!this.#stopping) this.start()
        })
    }, EVERY).unref()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.#look
  }

  /** One look over all tenants. @returns how many snoozes it ended */
  async look(): Promise<number> {
    const { database, bus, clock, log } = this.#parts
    let ended = 0
    for (const { tenantId, id } of await overdueSnoozes(database.sql, clock.now(), BATCH)) {
      try {
        const acting = { actor: SYSTEM, clock }
        const { activity } = await endOverdueSnooze(scopeTo(database, tenantId), acting, id)
        if (activity === null) continue
        ended += 1
        bus.publish(`feed:${tenantId}`)
      } catch (err) {
        // One tenant's trouble is not everybody's.
        log.warn({ err, tenantId, anomaly: id }, 'a snooze was not ended')
      }
    }
    return ended
  }
}

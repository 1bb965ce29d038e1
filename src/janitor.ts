import type { Config } from './config.ts'
import type { AnyDetector } from './detection/detector.ts'
import type { Logger } from './log.ts'
import type { Database } from './storage/database.ts'
import { forgetProbes } from './storage/probe.ts'
import {
  giveSpaceBack,
  type Tidied,
  tenantIds,
  tidyOperatorSessions,
  tidyTenant,
} from './storage/retention.ts'
import { deleteTenant, markedTenants } from './tenancy/tenants.ts'
import { DAY, HOUR, type WallClock } from './time.ts'

export interface JanitorParts {
  config: Pick<Config, 'payloadRetentionDays' | 'retentionDays'>
  database: Database
  detectors: readonly AnyDetector[]
  clock: WallClock
  log: Logger
}

/** Milliseconds between two rounds, and before the first. */
const EVERY = 6 * 3_600_000
const FIRST = 10 * 60_000
/** No process writes counts of deliveries of longer ago, save one that hung meanwhile. */
const COUNTING = 2 * HOUR

/** Lets go of what retention no longer keeps, and finishes erasing tenants, in the background and in small steps. */
export class Janitor {
  readonly #parts: JanitorParts
  #timer: NodeJS.Timeout | undefined
  #round: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(parts: JanitorParts) {
    this.#parts = parts
  }

  start(): void {
    this.#schedule(FIRST)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.#round
  }

  /** One round over all tenants. */
  async tidy(): Promise<Tidied> {
    const { database, clock, log } = this.#parts
    for (const id of await markedTenants(database)) await deleteTenant(database, { clock }, id)
    const total: Tidied = { payloads: 0, events: 0, objects: 0, states: 0 }
    const sql = database.sqlFor('maintenance')
    for (const tenantId of await tenantIds(sql)) {
      if (this.#stopping) break
      const tidied = await tidyTenant(sql, tenantId, this.#retention())
      for (const what of ['payloads', 'events', 'objects', 'states'] as const) total[what] += tidied[what]
    }
    await tidyOperatorSessions(sql, this.#retention().sessionsBefore)
    await forgetProbes(sql, new Date(clock.now().getTime() - DAY * 1_000))
    await giveSpaceBack(database)
    log.info({ ...total }, 'tidied')
    return total
  }

  #schedule(after: number): void {
    this.#timer = setTimeout(() => {
      this.#round = this.tidy()
        .catch((err: unknown) => this.#parts.log.error({ err }, 'tidying failed'))
        .finally(() => {
          if (!this.#stopping) this.#schedule(EVERY)
        })
    }, after).unref()
  }

  #retention() {
    const { config, detectors, clock } = this.#parts
    const daysAgo = (days: number): Date => new Date(clock.now().getTime() - days * DAY * 1_000)
    return {
      payloadsBefore: daysAgo(config.payloadRetentionDays),
      eventsBefore: daysAgo(config.retentionDays),
      deliveriesBefore: daysAgo(config.retentionDays),
      countedBefore: new Date(clock.now().getTime() - COUNTING * 1_000),
      alertsBefore: daysAgo(90),
      attemptsBefore: daysAgo(30),
      heldBefore: daysAgo(14),
      rebuildsBefore: daysAgo(90),
      jobsBefore: daysAgo(90),
      formerTokensBefore: clock.now(),
      sessionsBefore: daysAgo(7),
      statesFor: new Map(detectors.map(({ name, idleAfter }) => [name, idleAfter])),
    }
  }
}

import { SYSTEM } from '../../actor.ts'
import { PublicError } from '../../errors.ts'
import { newId, randomBase62 } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import {
  failRebuild,
  type Lease,
  LeaseLost,
  releaseLease,
  startRebuild,
  takeLease,
  waitingRebuilds,
} from '../../storage/rebuild/jobs.ts'
import { clearOutdated, outdatedTenants, readOutdated } from '../../storage/rebuild/outdated.ts'
import { scopeTo } from '../../storage/scope/scope.ts'
import { rebuild } from './rebuild.ts'
import type { RebuildParts } from './run.ts'

export interface RebuilderOptions extends RebuildParts {
  log: Logger
  metrics: Pick<Metrics, 'rebuilds' | 'eventsJudgedAnew'>
}

/** Milliseconds between two looks for rebuilds that nobody works on. */
const LOOK_EVERY = 2_000

/** Works on rebuilds in the background, one at a time, with half of its time for others. Several may run, in many processes. */
export class Rebuilder {
  readonly #options: RebuilderOptions
  readonly #holder = randomBase62(10)
  #stopping = false
  #wakeUp: () => void = () => {}
  #running: Promise<void> | undefined

  constructor(options: RebuilderOptions) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when the slice under way is stored; another process, or the next start, goes on. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wakeUp()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const hasWorked = await this.#workOnOne().catch((err: unknown) => {
        this.#options.log.error({ err }, 'rebuilding failed')
        return false
      })
      if (!hasWorked && !this.#stopping) await this.#rest()
    }
  }

  /** @returns whether there was one */
  async #workOnOne(): Promise<boolean> {
    const { database, clock } = this.#options
    for (const tenantId of await outdatedTenants(database, 5)) await this.#rebuildOutdated(tenantId)
    for (const waiting of await waitingRebuilds(database, clock.now(), 5)) {
      const lease = { ...waiting, holder: this.#holder }
      if (await takeLease(database, lease, clock.now())) {
        await this.#workOn(lease)
        return true
      }
    }
    return false
  }

  /** Their states were upgraded, and judge until they are rebuilt. */
  async #rebuildOutdated(tenantId: string): Promise<void> {
    const { database, detectors, clock, log } = this.#options
    const scope = scopeTo(database, tenantId)
    const { outdated, rebuiltAs } = await readOutdated(scope.sql, tenantId)
    const wanted = detectors
      .filter(
        ({ name, rebuildBelow = 0 }) => outdated.includes(name) && (rebuiltAs[name] ?? 0) < rebuildBelow,
      )
      .map(({ name }) => name)
    try {
      if (wanted.length > 0) {
        const options = { detectors: wanted, from: null, dryRun: false, actor: SYSTEM }
        const { id } = await startRebuild(scope, options, { id: newId('imp'), now: clock.now() })
        log.info(
          { tenant: tenantId, rebuild: id, detectors: wanted },
          'states of an earlier version are rebuilt',
        )
      }
      await scope.sql.write((tx) => clearOutdated(tx, tenantId))
    } catch (error) {
      // While another rebuild runs this one waits.
      if (!(error instanceof PublicError)) throw error
    }
  }

  async #workOn(lease: Lease): Promise<void> {
    const { database, clock, log, metrics } = this.#options
    const { tenantId: tenant, id } = lease
    let counted = 0
    const onProgress = (events: number) => {
      metrics.eventsJudgedAnew.inc(Math.max(0, events - counted))
      counted = events
    }
    try {
      const result = await rebuild(this.#options, lease, {
        onProgress,
        gently: true,
        stop: () => this.#stopping,
      })
      if (result === undefined) return await releaseLease(database, lease)
      metrics.rebuilds.inc({ outcome: 'done' })
      const { events, same, found, gone, changed } = result
      const counts = { events, same, new: found.length, gone: gone.length, changed: changed.length }
      log.info({ tenant, rebuild: id, ...counts }, 'judged the past anew')
    } catch (error) {
      if (error instanceof LeaseLost) return
      // Whatever else went wrong may not do so again: the lease runs out, and it is tried once more.
      if (!(error instanceof PublicError)) throw error
      metrics.rebuilds.inc({ outcome: 'failed' })
      log.warn({ tenant, rebuild: id, reason: error.message }, 'a rebuild could not be finished')
      await failRebuild(database, lease, error, clock.now())
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

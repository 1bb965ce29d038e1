import type { Logger } from '../log.ts'
import type { ReplayParts } from '../pipeline/stored-replay.ts'
import { type ConnectionKey, waitingImports } from '../storage/connect/due.ts'
import { JobGoneError } from '../storage/connect/pages.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import type { Vault } from '../tenancy/vault.ts'
import { type Clock, DAY } from '../time.ts'
import { runImport } from './import.ts'
import { leased } from './leased.ts'
import type { StripeMeans } from './means.ts'
import { StripeTrouble } from './trouble.ts'

export interface ImporterOptions extends ReplayParts {
  means: StripeMeans
  vault: Vault
  log: Logger
  clock: Clock
}

/** Milliseconds between two looks for imports that nobody works on. */
const LOOK_EVERY = 1_000

/** Where Stripe has refused the key it is tried again once a day: somebody may have mended that there. */
const TRY_EVERY_MS = DAY * 1_000

/** Imports at once: each mostly waits for Stripe. */
const AT_ONCE = 4

const FIRST_REST_MS = 5_000
const LONGEST_REST_MS = 10 * 60_000

/** An import that could not go on, and when it is tried again, by the steady clock. */
interface Rest {
  failures: number
  until: number
}

/**
 * Fetches the past of connections in the background. Several may run, in many processes: each import is one's alone, and
 * what a process leaves behind another one, or its next start, goes on with.
 */
export class Importer {
  readonly #options: ImporterOptions
  readonly #running = new Map<string, Promise<void>>()
  readonly #rests = new Map<string, Rest>()
  readonly #stopping = new AbortController()
  #wakeUp: () => void = () => {}
  #loop: Promise<void> | undefined

  constructor(options: ImporterOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Resolves when the page under way is stored or given up. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wakeUp()
    await this.#loop
    await Promise.all(this.#running.values())
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#look().catch((err: unknown) =>
        this.#options.log.error({ err }, 'could not look for imports; trying again'),
      )
      if (!signal.aborted) await this.#pause()
    }
  }

  async #look(): Promise<void> {
    const { database, clock } = this.#options
    const triedBefore = new Date(clock.now().getTime() - TRY_EVERY_MS)
    for (const waiting of await waitingImports(database.sql, triedBefore)) {
      if (this.#running.size >= AT_ONCE) return
      const { until } = this.#rests.get(waiting.id) ?? { until: 0 }
      if (this.#running.has(waiting.id) || until > clock.steady()) continue
      const work = this.#workOn(waiting).finally(() => this.#running.delete(waiting.id))
      this.#running.set(waiting.id, work)
    }
  }

  async #workOn({ tenantId, id }: ConnectionKey): Promise<void> {
    const { database, clock, log } = this.#options
    const { signal } = this.#stopping
    const parts = { ...this.#options, scope: scopeTo(database, tenantId), signal, onStep: () => {} }
    try {
      // Another process may have finished it between the look and the lease.
      await leased(parts, { id }, async (fresh) => {
        if (fresh.reconcileAt !== null) return
        await runImport(parts, fresh)
        log.info({ tenant: tenantId, connection: id }, 'imported the past')
      })
      this.#rests.delete(id)
    } catch (error) {
      if (signal.aborted || error instanceof JobGoneError) return
      const failures = (this.#rests.get(id)?.failures ?? 0) + 1
      const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - 1))
      this.#rests.set(id, { failures, until: clock.steady() + rest })
      const about = { tenant: tenantId, connection: id }
      if (error instanceof StripeTrouble)
        log.warn({ ...about, reason: error.message }, 'an import does not get on')
      else log.error({ ...about, err: error }, 'an import failed; trying again')
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

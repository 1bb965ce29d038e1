import type { Bus } from '../bus/bus.ts'
import type { AnyDetector } from '../detection/detector.ts'
import type { StripeConnection } from '../generated/sqlite/client.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { isQuiet } from '../pipeline/quiet.ts'
import {
  type ConnectionKey,
  connectionsNow,
  dueConnections,
  quietConnections,
  unprovenSince,
} from '../storage/connect/due.ts'
import { ConnectionLostError } from '../storage/connect/found.ts'
import type { Database } from '../storage/database.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import type { Vault } from '../tenancy/vault.ts'
import { HOUR, type WallClock } from '../time.ts'
import { leased } from './leased.ts'
import type { StripeMeans } from './means.ts'
import { SHORTEST } from './ration.ts'
import { SETTLED } from './settled.ts'
import { CONNECTION_STATES } from './standing.ts'
import { watchConnection } from './watch-one.ts'

export interface ReconcilerParts {
  database: Database
  vault: Vault
  bus: Bus
  detectors: readonly AnyDetector[]
  clock: WallClock
  log: Logger
  metrics: Metrics
  means: StripeMeans
}

/** Milliseconds between two looks for connections that are due, and for endpoints that are quieter than usual. */
const EVERY = 5_000
const QUIET_EVERY = 60_000
/** Connections that are worked on at once. */
const AT_ONCE = 8
/** Connections that are looked at for being quiet, or after the own downtime. */
const MOST = 500
/** A silence is none before. */
const QUIET_AFTER = HOUR
/** With nothing proven for so long this server, or all of it, was down. */
const DOWNTIME = HOUR

const before = (now: Date, seconds: number): Date => new Date(now.getTime() - seconds * 1_000)

/** Compares with Stripe for ever. Several may run, in many processes: a connection is worked on by one at a time. */
export class Reconciler {
  readonly #parts: ReconcilerParts
  readonly #ending = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<unknown> = Promise.resolve()
  /** After the own downtime they are compared at once, and that is not paid from the ration. */
  #free: ConnectionKey[] | undefined
  #lookedForQuietAt = Number.NEGATIVE_INFINITY

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
  }

  start(): void {
    this.#schedule(0)
  }

  /** Resolves when what is under way is stored; another process, or the next start, goes on. */
  async stop(): Promise<void> {
    this.#ending.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(after: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.look()
        .catch((err: unknown) =>
          this.#parts.log.error({ err }, 'could not look for connections; trying again'),
        )
        .finally(() => {
          if (!this.#ending.signal.aborted) this.#schedule(EVERY)
        })
    }, after).unref()
  }

  /** One look over all connections: takes the turns that are due. */
  async look(): Promise<void> {
    const { database, clock } = this.#parts
    const now = clock.now()
    this.#free ??= await unprovenSince(database.sql, before(now, SETTLED + DOWNTIME), MOST)
    while (this.#free.length > 0) await this.#takeTurns(this.#free.splice(0, AT_ONCE), true)
    if (now.getTime() - this.#lookedForQuietAt >= QUIET_EVERY) {
      this.#lookedForQuietAt = now.getTime()
      await this.#measure()
      const quiet = await this.#quiet(now)
      while (quiet.length > 0) await this.#takeTurns(quiet.splice(0, AT_ONCE))
    }
    await this.#takeTurns(await dueConnections(database.sql, now, AT_ONCE))
  }

  async #takeTurns(keys: readonly ConnectionKey[], free = false): Promise<void> {
    if (this.#ending.signal.aborted) return
    await Promise.all(keys.map((key) => this.#takeTurn(key, free)))
  }

  async #takeTurn({ tenantId, id }: ConnectionKey, free: boolean): Promise<void> {
    const { database, log } = this.#parts
    const scope = scopeTo(database, tenantId)
    const parts = { ...this.#parts, scope, signal: this.#ending.signal }
    try {
      await leased(parts, { id }, async (fresh) => {
        // Another process may have had its turn between the look and the lease.
        if (free || isDue(fresh, this.#parts.clock.now()) || (await this.#isQuiet(fresh)))
          await watchConnection(parts, fresh, { free })
      })
    } catch (err) {
      if (err instanceof ConnectionLostError) return
      // One tenant's trouble is not everybody's.
      log.error({ err, tenant: tenantId, connection: id }, 'a connection to Stripe could not be looked after')
    }
  }

  /** Connections that are not due, but of which less arrives than usual: Stripe says whether anything is missing. */
  async #quiet(now: Date): Promise<ConnectionKey[]> {
    const { database } = this.#parts
    const times = {
      now,
      deliveredBefore: before(now, QUIET_AFTER),
      provenBefore: before(now, SETTLED + SHORTEST),
    }
    const quiet: ConnectionKey[] = []
    for (const key of await quietConnections(database.sql, times, MOST)) {
      const { db, tenantId } = scopeTo(database, key.tenantId)
      const connection = await db.stripeConnection.findFirst({ where: { tenantId, id: key.id } })
      if (connection !== null && (await this.#isQuiet(connection))) quiet.push(key)
    }
    return quiet
  }

  async #isQuiet({ tenantId, endpointId, livemode, through }: StripeConnection): Promise<boolean> {
    const { database, detectors, clock } = this.#parts
    const now = clock.now()
    if (through === null || through > before(now, SETTLED + SHORTEST)) return false
    const { db, sql } = scopeTo(database, tenantId)
    const memory = new StoredMemory(sql, tenantId)
    for (const stream of await db.stream.findMany({ where: { tenantId, endpointId, livemode } }))
      if (await isQuiet(detectors, memory, stream, Math.floor(now.getTime() / 1_000))) return true
    return false
  }

  async #measure(): Promise<void> {
    const { database, metrics, clock } = this.#parts
    const { byState, oldestThrough } = await connectionsNow(database)
    for (const state of CONNECTION_STATES) metrics.stripeConnections.set({ state }, byState.get(state) ?? 0)
    const unproven = oldestThrough === undefined ? 0 : clock.now().getTime() - oldestThrough.getTime()
    metrics.oldestUnprovenSeconds.set(Math.max(0, unproven / 1_000))
  }
}

const isDue = ({ reconcileAt }: StripeConnection, now: Date): boolean =>
  reconcileAt !== null && reconcileAt <= now

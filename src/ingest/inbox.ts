import type { Bus } from '../bus/bus.ts'
import { randomBase62 } from '../ids.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { RefusalReason, Tallied } from '../storage/delivery-counts.ts'
import { classifyFailure } from '../storage/failures.ts'
import type { SystemSql } from '../storage/sql.ts'
import { type Clock, stopwatch } from '../time.ts'
import { commitBatch, type Delivery, type Receipt, TenantsMoving } from './commit.ts'
import type { DiskWatch } from './disk.ts'
import type { OutcomeName } from './outcomes.ts'
import type { Tallies } from './tallies.ts'

export interface InboxLimits {
  /** Deliveries, and bytes of their bodies, that may wait for a commit. */
  waiting: number
  bytes: number
  /** Deliveries in one transaction. */
  batch: number
  /** Turns of the event loop that a batch may go on growing. */
  turns: number
  /** Milliseconds after which deliveries are answered although their commit has not come. */
  commitTimeout: number
}

export const INBOX_LIMITS: InboxLimits = {
  waiting: 10_000,
  bytes: 128 * 1024 * 1024,
  batch: 256,
  turns: 4,
  commitTimeout: 5_000,
}

export interface InboxParts {
  sql: SystemSql
  tallies: Tallies
  bus: Bus
  clock: Clock
  log: Logger
  metrics: Metrics
  disk: DiskWatch
  limits?: Partial<InboxLimits>
}

/** What became of a delivery that was offered to the inbox. */
export type Admission = Extract<
  OutcomeName,
  | 'stored'
  | 'duplicate'
  | 'unknown_endpoint'
  | 'moving'
  | 'busy'
  | 'database_away'
  | 'disk_full'
  | 'draining'
  | 'failed'
>

interface Waiting {
  delivery: Delivery
  resolve(admission: Admission): void
}

/**
 * Group commit: all deliveries that wait at one moment go into one transaction. A batch is what came in one turn of
 * the event loop, or while the last one was written; under load batches form by themselves, and without it nobody waits.
 */
export class Inbox {
  readonly #parts: InboxParts
  readonly #limits: InboxLimits
  /** Tenants that have had a live event. It stays true, so it is remembered for good: one id a tenant. */
  readonly #live = new Set<string>()
  readonly #instance = randomBase62(10)
  #wakes = 0
  #waiting: Waiting[] = []
  #bytes = 0
  #busy = false
  #stalled = false
  #draining = false
  #idle: (() => void)[] = []

  constructor(parts: InboxParts) {
    this.#parts = parts
    this.#limits = { ...INBOX_LIMITS, ...parts.limits }
  }

  /** Deliveries that wait for their commit, without those being written just now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Why nothing is accepted just now; undefined while deliveries are. */
  get closed(): 'draining' | 'disk_full' | undefined {
    if (this.#draining) return 'draining'
    return this.#parts.disk.full ? 'disk_full' : undefined
  }

  /** Resolves after the commit that stored it, or with the reason why it was not stored. Never rejects. */
  accept(delivery: Delivery): Promise<Admission> {
    const refusal = this.closed ?? this.#overload(delivery.payload.length)
    if (refusal !== undefined) return Promise.resolve(refusal)
    return new Promise((resolve) => {
      this.#waiting.push({ delivery, resolve })
      this.#bytes += delivery.payload.length
      if (!this.#busy) this.#next()
    })
  }

  /** Counts a delivery that never gets here. */
  count(
    tenantId: string,
    endpointId: string,
    what: Extract<Tallied, 'badSignature' | 'throttled'>,
    reason: RefusalReason,
  ): void {
    this.#parts.tallies.add(tenantId, endpointId, what, reason)
  }

  /** Accepts nothing from now on; resolves when all that was accepted is stored or answered for, and counted. */
  async drain(): Promise<void> {
    this.#draining = true
    if (this.#busy) await new Promise<void>((resolve) => this.#idle.push(resolve))
    await this.#parts.tallies.flush()
  }

  #overload(bytes: number): 'busy' | 'database_away' | undefined {
    if (this.#stalled) return 'database_away'
    const full = this.#waiting.length >= this.#limits.waiting || this.#bytes + bytes > this.#limits.bytes
    return full ? 'busy' : undefined
  }

  /** Takes what waits once this turn's sockets have been read; `#busy` until nothing waits any more. */
  #next(): void {
    const { metrics } = this.#parts
    metrics.inboxWaiting.set(this.#waiting.length)
    metrics.inboxWaitingBytes.set(this.#bytes)
    this.#busy = this.#waiting.length > 0
    if (this.#busy) setImmediate(() => this.#gather(0, 1))
    else for (const resolve of this.#idle.splice(0)) resolve()
  }

  /**
   * Commits when a turn brought nothing new. Deliveries that come while others are being read go along: a larger batch
   * writes fewer pages for each, and a turn without work costs some microseconds.
   */
  #gather(seen: number, turn: number): void {
    const waiting = this.#waiting.length
    const more = waiting > seen && waiting < this.#limits.batch && turn < this.#limits.turns
    if (more) setImmediate(() => this.#gather(waiting, turn + 1))
    else void this.#commit()
  }

  async #commit(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#limits.batch)
    const timeout = setTimeout(() => this.#stall(batch), this.#limits.commitTimeout)
    await this.#store(batch)
    clearTimeout(timeout)
    this.#stalled = false
    for (const { delivery } of batch) this.#bytes -= delivery.payload.length
    this.#next()
  }

  /** The database does not answer. Its commit may still come; then the next attempt of Stripe is a duplicate. */
  #stall(batch: readonly Waiting[]): void {
    this.#stalled = true
    const queued = this.#waiting.splice(0)
    for (const { delivery } of queued) this.#bytes -= delivery.payload.length
    for (const { resolve } of [...batch, ...queued]) resolve('database_away')
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    const { sql, metrics, clock } = this.#parts
    const began = stopwatch()
    try {
      const deliveries = batch.map(({ delivery }) => delivery)
      const options = { knownLive: this.#live, now: clock.now(), wakeId: this.#wakeId }
      const receipt = await commitBatch(sql, deliveries, options)
      metrics.commitDeliveries.observe(batch.length)
      metrics.commitSeconds.observe((stopwatch() - began) / 1000)
      this.#notify(receipt)
      for (const waiting of batch) this.#acknowledge(waiting, receipt.fresh.has(waiting.delivery))
    } catch (err) {
      if (err instanceof TenantsMoving) await this.#storeOthers(batch, err.tenants)
      else await this.#recover(batch, err)
    }
  }

  async #storeOthers(batch: readonly Waiting[], moving: ReadonlySet<string>): Promise<void> {
    const others = batch.filter(({ delivery }) => !moving.has(delivery.tenantId))
    for (const waiting of batch) if (moving.has(waiting.delivery.tenantId)) waiting.resolve('moving')
    if (others.length > 0) await this.#store(others)
  }

  #notify({ tenants, live }: Receipt): void {
    const { bus } = this.#parts
    for (const tenantId of live) this.#live.add(tenantId)
    if (tenants.length > 0) bus.publish('work')
    for (const tenantId of tenants) bus.publish(`events:${tenantId}`)
  }

  #acknowledge({ delivery, resolve }: Waiting, fresh: boolean): void {
    this.#parts.tallies.add(delivery.tenantId, delivery.endpointId, fresh ? 'accepted' : 'duplicates')
    resolve(fresh ? 'stored' : 'duplicate')
  }

  /** One delivery that cannot be stored fails the transaction of all: then each is tried alone. */
  async #recover(batch: readonly Waiting[], err: unknown): Promise<void> {
    const { log } = this.#parts
    const failure = classifyFailure(err)
    if (failure === 'away') {
      log.error({ err, deliveries: batch.length }, 'a commit of deliveries failed')
      for (const { resolve } of batch) resolve('database_away')
      return
    }
    const [only, ...others] = batch
    if (only === undefined) return
    if (others.length > 0) {
      for (const waiting of batch) await this.#store([waiting])
      return
    }
    const { tenantId, event } = only.delivery
    log.error({ err, tenantId, eventId: event.id }, 'a delivery cannot be stored')
    only.resolve(failure === 'orphan' ? 'unknown_endpoint' : 'failed')
  }

  readonly #wakeId = (): string => {
    this.#wakes += 1
    return `${this.#instance}${this.#wakes.toString(36)}`
  }
}

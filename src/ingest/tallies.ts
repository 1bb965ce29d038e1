import type { Logger } from '../log.ts'
import { addTally, classifyFailure, type DeliveryTally, touchEndpoint } from '../storage/inbox.ts'
import type { Sql } from '../storage/sql.ts'
import { type Clock, MINUTE, toDate, toSeconds } from '../time.ts'

export type Tallied = 'accepted' | 'duplicates' | 'badSignature' | 'throttled'

const SLOT = 5 * MINUTE
/** Milliseconds that counts may wait: a flood of forged requests costs one row a second, not one write each. */
const FLUSH_AFTER = 1_000
/** While the database is away no more are kept than this; the counts are for charts. */
const MAX_WAITING = 10_000

interface WaitingTally extends DeliveryTally {
  /** Of the newest signed delivery, in unix seconds; 0: none. */
  deliveredAt: number
}

/** Counts what became of an endpoint's deliveries, in memory at first. A crash loses the counts of one second, no event. */
export class Tallies {
  #waiting = new Map<string, WaitingTally>()
  #timer: NodeJS.Timeout | undefined
  /** When `lastDeliveryAt` of an endpoint was written, in unix seconds. */
  readonly #touched = new Map<string, number>()

  constructor(
    private readonly sql: Sql,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  add(tenantId: string, endpointId: string, what: Tallied): void {
    const now = toSeconds(this.clock.now())
    const slot = Math.floor(now / SLOT)
    const key = `${slot}/${endpointId}`
    let tally = this.#waiting.get(key)
    if (tally === undefined) {
      if (this.#waiting.size >= MAX_WAITING) return
      tally = {
        tenantId,
        endpointId,
        slot,
        accepted: 0,
        duplicates: 0,
        badSignature: 0,
        throttled: 0,
        deliveredAt: 0,
      }
      this.#waiting.set(key, tally)
      this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER).unref()
    }
    tally[what] += 1
    if (what !== 'badSignature') tally.deliveredAt = now
  }

  /** Writes all that waits. Never rejects: what cannot be written now is kept, what never can is dropped. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const tallies = [...this.#waiting.values()].sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
    this.#waiting = new Map()
    if (tallies.length > 0) await this.#write(tallies)
  }

  async #write(tallies: readonly WaitingTally[]): Promise<void> {
    try {
      await this.sql.write(async (tx) => {
        let entered: string | undefined
        for (const tally of tallies) {
          if (tally.tenantId !== entered) await tx.enter(tally.tenantId)
          entered = tally.tenantId
          await addTally(tx, tally)
          if (this.#mustTouch(tally))
            await touchEndpoint(tx, tally.tenantId, tally.endpointId, toDate(tally.deliveredAt))
        }
      })
      for (const tally of tallies)
        if (this.#mustTouch(tally)) this.#touched.set(tally.endpointId, tally.deliveredAt)
    } catch (err) {
      await this.#recover(tallies, err)
    }
  }

  async #recover(tallies: readonly WaitingTally[], err: unknown): Promise<void> {
    if (classifyFailure(err) === 'away') {
      this.log.warn({ err }, 'delivery counts wait for the database')
      for (const tally of tallies) this.#putBack(tally)
    } else if (tallies.length > 1) {
      // One endpoint that was just erased must not take the others' counts along.
      for (const tally of tallies) await this.#write([tally])
    } else {
      this.log.warn({ err, endpointId: tallies[0]?.endpointId }, 'dropped delivery counts')
    }
  }

  #putBack(tally: WaitingTally): void {
    const key = `${tally.slot}/${tally.endpointId}`
    const newer = this.#waiting.get(key)
    if (newer === undefined) this.#waiting.set(key, tally)
    else {
      newer.accepted += tally.accepted
      newer.duplicates += tally.duplicates
      newer.badSignature += tally.badSignature
      newer.throttled += tally.throttled
      newer.deliveredAt = Math.max(newer.deliveredAt, tally.deliveredAt)
    }
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER).unref()
  }

  #mustTouch({ endpointId, deliveredAt }: WaitingTally): boolean {
    return deliveredAt - (this.#touched.get(endpointId) ?? 0) >= MINUTE
  }
}

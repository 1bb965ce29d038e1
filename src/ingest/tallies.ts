import type { Logger } from '../log.ts'
import {
  addTally,
  type DeliveryTally,
  noteRefusal,
  type RefusalReason,
  TALLIED,
  type Tallied,
  touchEndpoint,
} from '../storage/delivery-counts.ts'
import { classifyFailure } from '../storage/failures.ts'
import type { SystemSql, Writer } from '../storage/sql.ts'
import { MINUTE, toDate, toSeconds, type WallClock } from '../time.ts'

const SLOT = 5 * MINUTE
/** Milliseconds that counts may wait: a flood of forged requests costs one row a second, not one write each. */
const FLUSH_AFTER = 1_000
/** While the database is away no more are kept than this; the counts are for charts. */
const MAX_WAITING = 10_000

interface WaitingTally extends DeliveryTally {
  /** Of the newest signed delivery, in unix seconds; 0: none. */
  deliveredAt: number
  /** Of the newest refused one. */
  refusal?: { at: number; reason: RefusalReason }
}

export interface TalliesParts {
  sql: SystemSql
  clock: WallClock
  log: Logger
  /** The process, unlike any other. */
  writer: string
}

/**
 * Counts what became of an endpoint's deliveries, in memory at first. A crash loses the counts of one second, no
 * event. One flush runs at a time: one that waits for the database holds one connection, not one a second.
 */
export class Tallies {
  #waiting = new Map<string, WaitingTally>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  /** When `lastDeliveryAt` of an endpoint was written, in unix seconds. */
  readonly #touched = new Map<string, number>()
  /** The refusal of an endpoint that was written last. */
  readonly #refused = new Map<string, { at: number; reason: RefusalReason }>()

  constructor(private readonly parts: TalliesParts) {}

  /** @param reason of one that is refused */
  add(tenantId: string, endpointId: string, what: Tallied, reason?: RefusalReason): void {
    const now = toSeconds(this.parts.clock.now())
    const slot = Math.floor(now / SLOT)
    const key = keyOf({ slot, endpointId })
    let tally = this.#waiting.get(key)
    if (tally === undefined) {
      if (this.#waiting.size >= MAX_WAITING) return
      const nothing = { accepted: 0, duplicates: 0, badSignature: 0, throttled: 0 }
      tally = { tenantId, endpointId, slot, ...nothing, deliveredAt: 0 }
      this.#waiting.set(key, tally)
      this.#schedule()
    }
    tally[what] += 1
    if (what !== 'badSignature') tally.deliveredAt = now
    if (reason !== undefined) tally.refusal = { at: now, reason }
  }

  /** Writes all that waits, after the flush under way. Never rejects: what cannot be written now is kept, what never can is dropped. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing
    this.#flushing = this.#write().finally(() => {
      this.#flushing = undefined
      this.#schedule()
    })
    await this.#flushing
  }

  /** The next flush, unless one is planned or under way: it plans the next itself. */
  #schedule(): void {
    if (this.#flushing !== undefined || this.#waiting.size === 0) return
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER).unref()
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const tallies = [...this.#waiting.values()].sort(byPlace)
    this.#waiting = new Map()
    if (tallies.length === 0) return
    await this.#add(tallies)
    await this.#touch(tallies)
    await this.#noteRefusals(tallies)
  }

  async #add(tallies: readonly WaitingTally[]): Promise<void> {
    try {
      await this.#forEach(tallies, (tx, tally) => addTally(tx, this.parts.writer, tally))
    } catch (err) {
      await this.#recover(tallies, err)
    }
  }

  async #recover(tallies: readonly WaitingTally[], err: unknown): Promise<void> {
    const { log } = this.parts
    if (classifyFailure(err) === 'away') {
      log.warn({ err }, 'delivery counts wait for the database')
      for (const tally of tallies) this.#putBack(tally)
    } else if (tallies.length > 1) {
      // One endpoint that was just erased must not take the others' counts along.
      for (const tally of tallies) await this.#add([tally])
    } else {
      log.warn({ err, endpointId: tallies[0]?.endpointId }, 'dropped delivery counts')
    }
  }

  #putBack(tally: WaitingTally): void {
    const newer = this.#waiting.get(keyOf(tally))
    if (newer === undefined) this.#waiting.set(keyOf(tally), tally)
    else {
      for (const what of TALLIED) newer[what] += tally[what]
      newer.deliveredAt = Math.max(newer.deliveredAt, tally.deliveredAt)
      if (tally.refusal && newer.refusal === undefined) newer.refusal = tally.refusal
    }
  }

  /** Apart from the counts, since endpoints' rows are everybody's: a locked one must not hold the counts up. */
  async #touch(tallies: readonly WaitingTally[]): Promise<void> {
    const due = tallies.filter(
      ({ endpointId, deliveredAt }) => Math.abs(deliveredAt - (this.#touched.get(endpointId) ?? 0)) >= MINUTE,
    )
    if (due.length === 0) return
    try {
      await this.#forEach(due, (tx, tally) =>
        touchEndpoint(tx, tally, toDate(tally.deliveredAt), toDate(tally.deliveredAt - MINUTE)),
      )
      for (const { endpointId, deliveredAt } of due) this.#touched.set(endpointId, deliveredAt)
    } catch (err) {
      // It comes again with the next delivery.
      this.parts.log.warn({ err }, 'could not write when deliveries came')
    }
  }

  async #noteRefusals(tallies: readonly WaitingTally[]): Promise<void> {
    const due = tallies.filter(({ endpointId, refusal }) => {
      const written = this.#refused.get(endpointId)
      return refusal && (refusal.reason !== written?.reason || Math.abs(refusal.at - written.at) >= MINUTE)
    })
    if (due.length === 0) return
    try {
      await this.#forEach(due, async (tx, tally) => {
        const { at, reason } = tally.refusal ?? {}
        if (at !== undefined && reason !== undefined)
          await noteRefusal(tx, tally, { at: toDate(at), reason }, toDate(at - MINUTE))
      })
      for (const { endpointId, refusal } of due) if (refusal) this.#refused.set(endpointId, refusal)
    } catch (err) {
      // It comes again with the next refusal.
      this.parts.log.warn({ err }, 'could not write why deliveries were refused')
    }
  }

  /** One transaction, tenant after tenant in one order for all processes, so that none waits in a circle. */
  #forEach(
    tallies: readonly WaitingTally[],
    work: (tx: Writer, tally: WaitingTally) => Promise<void>,
  ): Promise<void> {
    return this.parts.sql.write(async (tx) => {
      let entered: string | undefined
      for (const tally of tallies) {
        if (tally.tenantId !== entered) await tx.enter(tally.tenantId)
        entered = tally.tenantId
        await work(tx, tally)
      }
    })
  }
}

const keyOf = ({ slot, endpointId }: Pick<DeliveryTally, 'slot' | 'endpointId'>): string =>
  `${slot}/${endpointId}`

function byPlace(a: DeliveryTally, b: DeliveryTally): number {
  if (a.tenantId !== b.tenantId) return a.tenantId < b.tenantId ? -1 : 1
  if (a.endpointId !== b.endpointId) return a.endpointId < b.endpointId ? -1 : 1
  return a.slot - b.slot
}

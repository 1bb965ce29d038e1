import type { Bus } from '../../bus/bus.ts'
import type { AnyDetector } from '../../detection/detector.ts'
import type { StreamOutcome } from '../../detection/engine/memory.ts'
import type { Database } from '../../storage/database.ts'
import { StoredMemory } from '../../storage/detection/stored-memory.ts'
import {
  type Lease,
  LeaseLost,
  NOTHING_YET,
  noteProgress,
  type RebuildJob,
  type RebuildProgress,
  readJob,
} from '../../storage/rebuild/jobs.ts'
import { type KeptEvent, KeptEvents } from '../../storage/rebuild/kept-events.ts'
import { forgetJudged } from '../../storage/rebuild/meanwhile.ts'
import { readRebuilt, saveRebuilt, saveShadow } from '../../storage/rebuild/shadow.ts'
import { ShadowMemory } from '../../storage/rebuild/shadow-memory.ts'
import { clearRebuild, emptyShadows } from '../../storage/rebuild/swap.ts'
import { type Scope, scopeTo } from '../../storage/scope/scope.ts'
import type { Reader, Writer } from '../../storage/sql.ts'
import type { WallClock } from '../../time.ts'
import { judgeAgain, type KnownStreams, onePart } from './slice.ts'

export interface RebuildParts {
  database: Database
  bus: Bus
  detectors: readonly AnyDetector[]
  clock: WallClock
}

/**
 * Events judged and stored together: few, since deliveries wait for the commit and others for the judging. With no more
 * left the rest is done together with the swap.
 */
export const SLICE = 250

/** A rebuild on its way to the present, a slice at a time; each is committed with how far it is. */
export class Run {
  readonly #parts: RebuildParts
  readonly #lease: Lease
  readonly #scope: Scope
  readonly #kept: KeptEvents
  #memory: ShadowMemory
  #progress: RebuildProgress
  readonly #slice: number
  #isCaughtUp = false

  private constructor(
    { parts, lease, slice }: { parts: RebuildParts; lease: Lease; slice: number },
    memory: ShadowMemory,
    progress: RebuildProgress,
  ) {
    this.#parts = parts
    this.#lease = lease
    this.#scope = scopeTo(parts.database, lease.tenantId)
    this.#kept = new KeptEvents(this.#scope.sql, lease.tenantId, true)
    this.#slice = slice
    this.#memory = memory
    this.#progress = progress
  }

  /** Goes on where the last slice was committed. */
  static async resume(parts: RebuildParts, lease: Lease, slice: number): Promise<Run> {
    const { sql } = scopeTo(parts.database, lease.tenantId)
    const { progress } = await jobOf(sql, lease)
    const memory = await shadowMemory(sql, lease.tenantId, progress)
    const run = new Run({ parts, lease, slice }, memory, progress)
    if (progress.basis === '') await run.#commit({ basis: await basisOf(memory) })
    return run
  }

  get events(): number {
    return this.#progress.events
  }

  /** Something that all of it depends on has changed. */
  async beginAnew(): Promise<void> {
    this.#memory = new ShadowMemory(new StoredMemory(this.#scope.sql, this.#lease.tenantId), [], [])
    this.#isCaughtUp = false
    await this.#commit({ ...NOTHING_YET, basis: await basisOf(this.#memory) }, [], (tx) =>
      clearRebuild(tx, this.#lease.tenantId, true),
    )
  }

  /** @returns whether more is left than is done together with the swap */
  async step(): Promise<boolean> {
    if (!this.#isCaughtUp) {
      if (await this.#judgePage()) return true
      this.#isCaughtUp = true
    }
    const rest = await this.#kept.meanwhile(this.#slice + 1)
    if (rest.length <= this.#slice) return false
    const known = await knownStreams(this.#scope.sql, this.#lease.tenantId)
    const events = onePart(rest, known)
    const ids = events.map(({ event }) => event.stripeId)
    await this.#judge(events, known, {}, (tx) => forgetJudged(tx, this.#lease.tenantId, ids))
    return true
  }

  async #judgePage(): Promise<boolean> {
    const page = await this.#kept.page(this.#progress.cursor ?? 0, this.#slice)
    if (page === undefined) return false
    if (page.begunAnew && this.events > 0) await this.#forget()
    const known = await knownStreams(this.#scope.sql, this.#lease.tenantId)
    const part = onePart(page.events, known)
    // Events of one second stay together: where a stream goes live the next page begins with that second.
    const cut = page.events[part.length]?.event.deliveredAt
    const events = cut === undefined ? part : part.filter(({ event }) => event.deliveredAt < cut)
    await this.#judge(events, known, { cursor: cut ?? page.next })
    return true
  }

  /** Before what comes next nothing is known: what was found up to here is of a past with a hole. */
  async #forget(): Promise<void> {
    const { basis, cursor } = this.#progress
    this.#memory = new ShadowMemory(new StoredMemory(this.#scope.sql, this.#lease.tenantId), [], [])
    await this.#commit({ ...NOTHING_YET, basis, cursor }, [], (tx) => emptyShadows(tx, this.#lease.tenantId))
  }

  async #judge(
    events: readonly KeptEvent[],
    known: KnownStreams,
    reached: Partial<RebuildProgress>,
    also?: (tx: Writer) => Promise<void>,
  ): Promise<void> {
    const { detectors, clock } = this.#parts
    const outcomes = await judgeAgain(detectors, this.#memory, known, events, clock.now())
    const judgedFrom = this.#progress.judgedFrom ?? events[0]?.event.deliveredAt ?? null
    await this.#commit({ ...reached, judgedFrom, events: this.events + events.length }, outcomes, also)
  }

  async #commit(
    reached: Partial<RebuildProgress>,
    outcomes: readonly StreamOutcome[] = [],
    also: (tx: Writer) => Promise<void> = async () => {},
  ): Promise<void> {
    const { tenantId } = this.#lease
    const now = this.#parts.clock.now()
    const memory = this.#memory
    const incidents = outcomes.flatMap((outcome) => memory.apply(outcome))
    const progress = { ...this.#progress, ...reached, streams: [...memory.byStream.values()] }
    await this.#scope.sql.write(async (tx) => {
      await noteProgress(tx, this.#lease, progress, now)
      await also(tx)
      for (const outcome of outcomes) await saveShadow(tx, tenantId, outcome)
      await saveRebuilt(tx, tenantId, incidents, memory.byStream, now)
    })
    this.#progress = progress
  }
}

/** @throws LeaseLost when it is gone with its tenant */
export async function jobOf(sql: Reader, { tenantId, id }: Lease): Promise<RebuildJob> {
  const job = await readJob(sql, tenantId, id)
  if (job === undefined) throw new LeaseLost()
  return job
}

export const shadowMemory = async (sql: Reader, tenantId: string, { streams }: RebuildProgress) =>
  new ShadowMemory(new StoredMemory(sql, tenantId), streams, await readRebuilt(sql, tenantId))

export async function knownStreams(sql: Reader, tenantId: string): Promise<KnownStreams> {
  const streams = await new StoredMemory(sql, tenantId).streams()
  return new Map(streams.map((stream) => [stream.id, stream]))
}

/** Settings and place, by which all of the past is judged alike. */
export const basisOf = async (memory: ShadowMemory): Promise<string> =>
  JSON.stringify([[...(await memory.choices())].sort(), await memory.place()])

import type { Seconds } from '../../time.ts'
import type { AnyDetector, DetectorName } from '../detector.ts'
import {
  add,
  begun,
  find,
  isIdle,
  isReadable,
  type KeyedState,
  layDown,
  revived,
  rowOf,
  type Shelf,
  type StoredState,
  storedOf,
} from './keyed-state.ts'
import { RestingStates } from './resting.ts'
import { TimerQueue } from './timers.ts'

export interface StateKey {
  detector: DetectorName
  key: string
}

export interface StateChanges {
  saved: StoredState[]
  dropped: StateKey[]
}

/** Stored state of a version that only a newer program knows: reading it wrong, or writing over it, would lose it. */
export class NewerStateError extends Error {
  constructor({ detector, version }: StoredState, known: number) {
    super(`${detector} has state of version ${version}; this program knows version ${known}`)
  }
}

/**
 * The keyed states of one stream (README.md, "Keyed state"): drafts that a batch changes in place, over what was before it. Storage takes the
 * `changes` as rows and begins anew with the next batch; where nothing is stored, `keep` lets the drafts stand for
 * it; `rollback` throws them away.
 */
export class KeyedStates {
  /** Detectors with a state here of a version that is to be rebuilt. */
  readonly outdated = new Set<DetectorName>()
  readonly #touched = new Set<KeyedState>()
  readonly #timers = new TimerQueue<KeyedState>()
  readonly #shelves: ReadonlyMap<DetectorName, Shelf>
  /** Made once, whoever asks: writing states as JSON is a good part of what an event costs. */
  #changes: StateChanges | undefined

  constructor(detectors: readonly AnyDetector[]) {
    this.#shelves = new Map(
      detectors.map((detector, rank) => [
        detector.name,
        { detector, rank, keys: new Map(), resting: new RestingStates() },
      ]),
    )
  }

  /**
   * Takes stored rows in. State of an older version is upgraded when it is first used.
   * @throws NewerStateError when a newer program has stored one of them
   */
  load(rows: readonly StoredState[]): void {
    for (const row of rows) {
      const shelf = this.#shelves.get(row.detector)
      if (shelf === undefined || shelf.keys.has(row.key)) continue
      const { stateVersion } = shelf.detector
      if (row.version > stateVersion) throw new NewerStateError(row, stateVersion)
      if (row.version < (shelf.detector.rebuildBelow ?? 0)) this.outdated.add(row.detector)
      const entry = add(shelf, row.key, row)
      if (isReadable(shelf.detector, row.version)) this.wake(entry, row.wakeAt)
      else entry.before = { ...row, state: '', wakeAt: null }
    }
  }

  /** The key's draft, revived or begun. Its state counts as changed from now on. */
  open(detector: AnyDetector, key: string, now: Seconds): KeyedState {
    this.#changes = undefined
    const shelf = this.#shelfOf(detector)
    const entry = find(shelf, key) ?? add(shelf, key, undefined)
    if (!this.#touched.has(entry)) {
      if (entry.live && entry.before === undefined) entry.before = rowOf(entry)
      this.#touched.add(entry)
    }
    const idle = isIdle(entry, now)
    if (!entry.live || idle) {
      entry.state = idle || entry.forgotten ? begun(entry) : revived(entry)
      entry.live = true
    }
    entry.touchedAt = Math.max(entry.touchedAt, now)
    return entry
  }

  /** The key's state for reading only; undefined where there is none yet. */
  peek(detector: AnyDetector, key: string): unknown {
    const entry = find(this.#shelfOf(detector), key)
    if (entry === undefined || (!entry.live && (entry.before === undefined || entry.forgotten)))
      return undefined
    if (!entry.live) {
      entry.state = revived(entry)
      entry.live = true
    }
    return entry.state
  }

  wake(entry: KeyedState, at: Seconds | null): void {
    if (entry.wakeAt === at) return
    this.#changes = undefined
    entry.wakeAt = at
    this.#timers.push(entry)
  }

  forget(entry: KeyedState): void {
    this.#changes = undefined
    layDown(entry)
    entry.forgotten = true
    entry.wakeAt = null
  }

  /** Takes the next timer that is due at or before `until`; its key then has none. */
  nextTimer(until: Seconds): { entry: KeyedState; at: Seconds } | undefined {
    const entry = this.#timers.popDue(until)
    if (entry === undefined || entry.wakeAt === null) return undefined
    const at = entry.wakeAt
    const opened = this.open(entry.detector, entry.key, at)
    opened.wakeAt = null
    return { entry: opened, at }
  }

  /** What storage has to do for the batch. */
  changes(): StateChanges {
    this.#changes ??= this.#collectChanges()
    return this.#changes
  }

  #collectChanges(): StateChanges {
    const changes: StateChanges = { saved: [], dropped: [] }
    for (const entry of this.#touched) {
      if (entry.live) changes.saved.push(rowOf(entry))
      else if (entry.before !== undefined)
        changes.dropped.push({ detector: entry.detector.name, key: entry.key })
    }
    return changes
  }

  /** The batch stands, without storage. */
  keep(): void {
    this.#changes = undefined
    for (const entry of this.#touched) {
      entry.before = undefined
      entry.forgotten = false
      if (!entry.live) this.#shelfOf(entry.detector).keys.delete(entry.key)
    }
    this.#touched.clear()
  }

  rollback(): void {
    this.#changes = undefined
    for (const entry of this.#touched) {
      const { before } = entry
      if (before === undefined) {
        this.#shelfOf(entry.detector).keys.delete(entry.key)
        entry.wakeAt = null
        continue
      }
      layDown(entry)
      entry.forgotten = false
      entry.touchedAt = before.touchedAt
      this.wake(entry, before.wakeAt)
    }
    this.#touched.clear()
  }

  /**
   * Between batches, where nothing is stored (a dry replay): lets go of what is idle, and lets rest what has no timer
   * and was not touched since `restingSince`.
   */
  sweep(now: Seconds, restingSince: Seconds): void {
    for (const { keys, resting } of this.#shelves.values()) {
      resting.dropExpired(now)
      for (const [key, entry] of keys) {
        const isOver = isIdle(entry, now)
        const rests = !isOver && entry.live && entry.wakeAt === null && entry.touchedAt < restingSince
        if (rests) resting.put(key, { ...rowOf(entry), state: entry.state })
        if (rests || isOver) keys.delete(key)
      }
    }
  }

  /** Every key's state, as storage would keep it. */
  *rows(): Generator<StoredState> {
    for (const { keys, resting, detector } of this.#shelves.values()) {
      for (const entry of keys.values()) yield (entry.live ? undefined : entry.before) ?? rowOf(entry)
      for (const [key, row] of resting.entries()) yield storedOf(detector, key, row)
    }
  }

  #shelfOf({ name }: AnyDetector): Shelf {
    const shelf = this.#shelves.get(name)
    if (shelf === undefined) throw new Error(`${name} has no states here`)
    return shelf
  }
}

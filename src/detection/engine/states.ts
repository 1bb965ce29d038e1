import type { Seconds } from '../../time.ts'
import type { AnyDetector, DetectorName } from '../detector.ts'
import { RestingStates } from './resting.ts'
import { TimerQueue } from './timers.ts'

/** A key's state as storage keeps it. */
export interface StoredState {
  detector: DetectorName
  key: string
  version: number
  /** JSON. */
  state: string
  wakeAt: Seconds | null
  touchedAt: Seconds
  /** From then on it is dropped unless it has a timer; null where it was stored before that was written down. */
  expiresAt: Seconds | null
}

export interface StateKey {
  detector: DetectorName
  key: string
}

export interface StateChanges {
  saved: StoredState[]
  dropped: StateKey[]
}

/** One key of one detector. */
export interface KeyedState {
  readonly detector: AnyDetector
  readonly rank: number
  readonly key: string
  state: unknown
  wakeAt: Seconds | null
  touchedAt: Seconds
  /** What it was before this batch; of a draft that outlives its batch made only when the next one touches it. */
  before: StoredState | undefined
  /** Whether `state` holds something now: it is revived when first used, and gone after `forget`. */
  live: boolean
  /** Forgotten in this batch: what was before counts no more. */
  forgotten: boolean
}

/** All keys of one detector. */
interface Shelf {
  detector: AnyDetector
  rank: number
  keys: Map<string, KeyedState>
  resting: RestingStates
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

function add({ detector, rank, keys }: Shelf, key: string, before: StoredState | undefined): KeyedState {
  const entry: KeyedState = {
    detector,
    rank,
    key,
    state: undefined,
    wakeAt: null,
    touchedAt: before?.touchedAt ?? Number.NEGATIVE_INFINITY,
    before,
    live: false,
    forgotten: false,
  }
  keys.set(key, entry)
  return entry
}

/** Lets the draft go: what was before counts again. */
function layDown(entry: KeyedState): void {
  entry.live = false
  entry.state = undefined
}

/** The key's entry, woken where it rests. */
function find(shelf: Shelf, key: string): KeyedState | undefined {
  const known = shelf.keys.get(key)
  const rested = known === undefined ? shelf.resting.take(key) : undefined
  return rested === undefined ? known : add(shelf, key, storedOf(shelf.detector, key, rested))
}

const storedOf = (
  { name, stateVersion }: AnyDetector,
  key: string,
  rested: Pick<StoredState, 'state' | 'touchedAt' | 'expiresAt'>,
): StoredState => ({ detector: name, key, version: stateVersion, wakeAt: null, ...rested })

/** Whether there is a way from that version to the detector's own. */
function isReadable({ stateVersion, upgrade }: AnyDetector, version: number): boolean {
  for (let from = version; from < stateVersion; from += 1) if (upgrade?.[from] === undefined) return false
  return true
}

/** The shared state of a stream, of detectors that have one. */
const sharedOf = ({ detector, key }: KeyedState): AnyDetector['shared'] =>
  key === '' ? detector.shared : undefined

const isIdle = (entry: KeyedState, now: Seconds): boolean =>
  entry.wakeAt === null && sharedOf(entry) === undefined && expiryOf(entry) < now

/** A draft says by what is in it how long it is kept. */
function expiryOf({ detector, live, state, touchedAt, before }: KeyedState): Seconds {
  if (!live && before !== undefined && before.expiresAt !== null) return before.expiresAt
  return touchedAt + ((live ? detector.idleAfterOf?.(state) : undefined) ?? detector.idleAfter)
}

const begun = (entry: KeyedState): unknown => (sharedOf(entry) ?? entry.detector).initial()

function revived(entry: KeyedState): unknown {
  const { detector, before } = entry
  if (before === undefined || before.state === '') return begun(entry)
  let stored: unknown = JSON.parse(before.state)
  for (let from = before.version; from < detector.stateVersion; from += 1)
    stored = detector.upgrade?.[from]?.(stored)
  const { revive } = sharedOf(entry) ?? detector
  return revive === undefined ? stored : revive(stored)
}

const rowOf = (entry: KeyedState): StoredState => ({
  detector: entry.detector.name,
  key: entry.key,
  version: entry.detector.stateVersion,
  state: JSON.stringify(entry.state),
  wakeAt: entry.wakeAt,
  touchedAt: entry.touchedAt,
  // A shared state stands under the same key as a keyed one would, and is none.
  expiresAt: sharedOf(entry) === undefined ? expiryOf(entry) : null,
})

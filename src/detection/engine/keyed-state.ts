import type { Seconds } from '../../time.ts'
import type { AnyDetector, DetectorName } from '../detector.ts'
import type { RestingStates } from './resting.ts'

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
export interface Shelf {
  detector: AnyDetector
  rank: number
  keys: Map<string, KeyedState>
  resting: RestingStates
}

export function add(
  { detector, rank, keys }: Shelf,
  key: string,
  before: StoredState | undefined,
): KeyedState {
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
export function layDown(entry: KeyedState): void {
  entry.live = false
  entry.state = undefined
}

/** The key's entry, woken where it rests. */
export function find(shelf: Shelf, key: string): KeyedState | undefined {
  const known = shelf.keys.get(key)
  const rested = known === undefined ? shelf.resting.take(key) : undefined
  return rested === undefined ? known : add(shelf, key, storedOf(shelf.detector, key, rested))
}

export const storedOf = (
  { name, stateVersion }: AnyDetector,
  key: string,
  rested: Pick<StoredState, 'state' | 'touchedAt' | 'expiresAt'>,
): StoredState => ({ detector: name, key, version: stateVersion, wakeAt: null, ...rested })

/** Whether there is a way from that version to the detector's own. */
export function isReadable({ stateVersion, upgrade }: AnyDetector, version: number): boolean {
  for (let from = version; from < stateVersion; from += 1) if (upgrade?.[from] === undefined) return false
  return true
}

/** The shared state of a stream, of detectors that have one. */
const sharedOf = ({ detector, key }: KeyedState): AnyDetector['shared'] =>
  key === '' ? detector.shared : undefined

export const isIdle = (entry: KeyedState, now: Seconds): boolean =>
  entry.wakeAt === null && sharedOf(entry) === undefined && expiryOf(entry) < now

/** A draft says by what is in it how long it is kept. */
function expiryOf({ detector, live, state, touchedAt, before }: KeyedState): Seconds {
  if (!live && before !== undefined && before.expiresAt !== null) return before.expiresAt
  return touchedAt + ((live ? detector.idleAfterOf?.(state) : undefined) ?? detector.idleAfter)
}

export const begun = (entry: KeyedState): unknown => (sharedOf(entry) ?? entry.detector).initial()

export function revived(entry: KeyedState): unknown {
  const { detector, before } = entry
  if (before === undefined || before.state === '') return begun(entry)
  let stored: unknown = JSON.parse(before.state)
  for (let from = before.version; from < detector.stateVersion; from += 1)
    stored = detector.upgrade?.[from]?.(stored)
  const { revive } = sharedOf(entry) ?? detector
  return revive === undefined ? stored : revive(stored)
}

export const rowOf = (entry: KeyedState): StoredState => ({
  detector: entry.detector.name,
  key: entry.key,
  version: entry.detector.stateVersion,
  state: JSON.stringify(entry.state),
  wakeAt: entry.wakeAt,
  touchedAt: entry.touchedAt,
  // A shared state stands under the same key as a keyed one would, and is none.
  expiresAt: sharedOf(entry) === undefined ? expiryOf(entry) : null,
})

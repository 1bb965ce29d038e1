import type { Fact, FactKind } from '../../stripe/facts.ts'
import { DAY, type Seconds } from '../../time.ts'
import type { AnyDetector } from '../detector.ts'
import type { StateKey } from './states.ts'

/** The detectors that read each kind of fact, in their order. */
export function listenersOf(
  detectors: readonly AnyDetector[],
): ReadonlyMap<FactKind, readonly AnyDetector[]> {
  const listeners = new Map<FactKind, AnyDetector[]>()
  for (const detector of detectors) {
    for (const kind of detector.facts) listeners.set(kind, [...(listeners.get(kind) ?? []), detector])
  }
  return listeners
}

/** Which keys a batch of facts needs; detectors that throw here will throw again when judged, and be reported then. */
export function keysOf(detectors: readonly AnyDetector[], facts: Iterable<Fact>): StateKey[] {
  const listeners = listenersOf(detectors)
  const keys = new Map<string, StateKey>()
  const add = (detector: AnyDetector, key: string) =>
    keys.set(`${detector.name} ${key}`, { detector: detector.name, key })
  for (const detector of detectors) if (detector.delivery !== undefined) add(detector, '')
  for (const fact of facts) {
    for (const detector of listeners.get(fact.kind) ?? []) {
      try {
        const key = detector.key(fact)
        if (key === undefined) continue
        add(detector, key)
        if (detector.shared !== undefined) add(detector, '')
      } catch {
        // Judging meets the same error and marks the event with it.
      }
    }
  }
  return [...keys.values()]
}

/** Longest that any incident stays reopenable, for whoever loads them. */
export const longestCooldown = (detectors: readonly AnyDetector[]): Seconds =>
  Math.max(DAY, ...detectors.map(({ cooldown }) => cooldown))

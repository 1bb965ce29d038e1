import { HOUR, type Seconds } from '../../time.ts'
import type { Incident } from './incident.ts'

/** An incident, and the stream that it is about. */
export interface Placed {
  incident: Incident
  stream: string
}

/** Two of one fingerprint that lie further apart than this are not the same. */
const SLACK: Seconds = HOUR

/**
 * Pairs incidents of two looks at the same time by detector, fingerprint and time, which are made of event time and objects
 * alone: one that is found again is the same, whatever else of it has changed.
 */
export function pairUp<A extends Placed, B extends Placed>(
  first: readonly A[],
  second: readonly B[],
): { pairs: [A, B][]; onlyFirst: A[]; onlySecond: B[] } {
  const left = new Map<string, B[]>()
  for (const one of second) {
    const group = left.get(keyOf(one))
    if (group === undefined) left.set(keyOf(one), [one])
    else group.push(one)
  }
  const pairs: [A, B][] = []
  const onlyFirst: A[] = []
  for (const one of first) {
    const group = left.get(keyOf(one)) ?? []
    const match = nearest(one, group)
    if (match === undefined) onlyFirst.push(one)
    else {
      group.splice(group.indexOf(match), 1)
      pairs.push([one, match])
    }
  }
  return { pairs, onlyFirst, onlySecond: [...left.values()].flat() }
}

const keyOf = ({ stream, incident: { detector, fingerprint } }: Placed): string =>
  `${stream} ${detector} ${fingerprint}`

function nearest<B extends Placed>({ incident }: Placed, group: readonly B[]): B | undefined {
  const distance = (one: B): number => Math.abs(one.incident.startedAt - incident.startedAt)
  return group
    .filter(
      (one) =>
        one.incident.startedAt <= endOf(incident) + SLACK &&
        incident.startedAt <= endOf(one.incident) + SLACK,
    )
    .sort((a, b) => distance(a) - distance(b))[0]
}

const endOf = ({ endedAt, lastSeenAt }: Incident): Seconds =>
  Math.max(endedAt ?? Number.POSITIVE_INFINITY, lastSeenAt)

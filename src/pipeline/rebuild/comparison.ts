import type { Incident } from '../../detection/engine/incident.ts'
import type { RebuiltIncident } from '../../storage/rebuild/shadow.ts'
import type { StandingAnomaly } from '../../storage/rebuild/standing.ts'
import { HOUR, type Seconds } from '../../time.ts'

/** One incident as it was found anew, and as it is recorded. */
export interface Pair {
  rebuilt: RebuiltIncident
  standing: StandingAnomaly
}

/** What judging the past anew found, against what is recorded of it. */
export interface Comparison {
  same: readonly Pair[]
  /** Of another severity, or found again after a former rebuild had not. */
  changed: readonly Pair[]
  found: readonly RebuiltIncident[]
  gone: readonly StandingAnomaly[]
}

/** Two of one fingerprint that lie further apart than this are not the same. */
const SLACK: Seconds = HOUR

/**
 * Pairs incidents by detector, fingerprint and time, which are made of event time and objects alone: one that is found
 * again is the same, whatever else of it has changed.
 */
export function compare(
  rebuilt: readonly RebuiltIncident[],
  standing: readonly StandingAnomaly[],
): Comparison {
  const open = new Map<string, StandingAnomaly[]>()
  for (const one of standing) {
    const group = open.get(keyOf(one.stream, one.incident))
    if (group === undefined) open.set(keyOf(one.stream, one.incident), [one])
    else group.push(one)
  }
  const pairs: Pair[] = []
  const found: RebuiltIncident[] = []
  for (const one of rebuilt) {
    const group = open.get(keyOf(one.stream, one.incident)) ?? []
    const match = nearest(one.incident, group)
    if (match === undefined) {
      found.push(one)
      continue
    }
    group.splice(group.indexOf(match), 1)
    pairs.push({ rebuilt: one, standing: match })
  }
  const isChanged = ({ rebuilt: { incident }, standing: { incident: was, goneAt } }: Pair): boolean =>
    goneAt !== null || incident.severity !== was.severity
  return {
    same: pairs.filter((pair) => !isChanged(pair)),
    changed: pairs.filter(isChanged),
    found,
    gone: [...open.values()].flat().filter(({ goneAt }) => goneAt === null),
  }
}

/** Leaves out what is not to be changed. @param counts whether an incident of a stream is */
export function within(
  { same, changed, found, gone }: Comparison,
  counts: (stream: string, incident: Incident) => boolean,
): Comparison {
  const isCounted = ({ standing }: Pair): boolean => counts(standing.stream, standing.incident)
  return {
    same: same.filter(isCounted),
    changed: changed.filter(isCounted),
    found: found.filter(({ stream, incident }) => counts(stream, incident)),
    gone: gone.filter(({ stream, incident }) => counts(stream, incident)),
  }
}

const keyOf = (stream: string, { detector, fingerprint }: Incident): string =>
  `${stream} ${detector} ${fingerprint}`

function nearest({ startedAt, endedAt, lastSeenAt }: Incident, group: readonly StandingAnomaly[]) {
  const until = Math.max(endedAt ?? Number.POSITIVE_INFINITY, lastSeenAt)
  const distance = (one: StandingAnomaly): number => Math.abs(one.incident.startedAt - startedAt)
  return group
    .filter(({ incident }) => {
      const end = Math.max(incident.endedAt ?? Number.POSITIVE_INFINITY, incident.lastSeenAt)
      return incident.startedAt <= until + SLACK && startedAt <= end + SLACK
    })
    .sort((a, b) => distance(a) - distance(b))[0]
}

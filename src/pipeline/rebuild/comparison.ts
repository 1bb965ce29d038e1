import type { Incident } from '../../detection/engine/incident.ts'
import { pairUp } from '../../detection/engine/pairing.ts'
import type { RebuiltIncident } from '../../storage/rebuild/shadow.ts'
import type { StandingAnomaly } from '../../storage/rebuild/standing.ts'

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

export function compare(
  rebuilt: readonly RebuiltIncident[],
  recorded: readonly StandingAnomaly[],
): Comparison {
  const { pairs: all, onlyFirst, onlySecond } = pairUp(rebuilt, recorded)
  const pairs = all.map(([one, standing]): Pair => ({ rebuilt: one, standing }))
  const isChanged = ({ rebuilt: { incident }, standing: { incident: was, goneAt } }: Pair): boolean =>
    goneAt !== null || incident.severity !== was.severity
  return {
    same: pairs.filter((pair) => !isChanged(pair)),
    changed: pairs.filter(isChanged),
    found: onlyFirst,
    gone: onlySecond.filter(({ goneAt }) => goneAt === null),
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

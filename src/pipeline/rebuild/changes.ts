import type { Incident, IncidentChange } from '../../detection/engine/incident.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import type { StreamIncident } from '../../storage/detection/saving-incidents.ts'
import type { StandingAnomaly } from '../../storage/rebuild/standing.ts'
import type { Comparison, Pair } from './comparison.ts'

/** What is to be written of recorded anomalies, and of new ones, so that they stand as the rebuilt states know them. */
export function changesOf(
  { same, changed, found }: Comparison,
  streams: ReadonlyMap<string, Stream>,
): StreamIncident[] {
  const ids = new Map(
    [...same, ...changed].map(({ rebuilt, standing }) => [rebuilt.incident.id, standing.incident.id]),
  )
  const named = (causes: readonly string[]): string[] => causes.map((id) => ids.get(id) ?? id)
  const written: StreamIncident[] = []
  const add = ({ rebuilt, incident, change }: Written) => {
    const stream = streams.get(rebuilt.stream)
    const { stripeIds, causes } = rebuilt
    if (stream !== undefined) written.push({ incident, change, stripeIds, causes: named(causes), stream })
  }
  const withNames = (incident: Incident): Incident => {
    const { causes, ...grouping } = incident.grouping
    return causes === undefined ? incident : { ...incident, grouping: { ...grouping, causes: named(causes) } }
  }
  // What explains another one was raised before it, and is written before it.
  for (const rebuilt of found)
    add({ rebuilt, incident: withNames(rebuilt.incident), change: 'ANOMALY_RAISED' })
  for (const pair of changed) {
    const incident = withNames(afterwards(pair))
    add({ rebuilt: pair.rebuilt, incident, change: changeOf(pair, incident) ?? 'ANOMALY_UPDATED' })
  }
  for (const pair of same) {
    const { incident: was } = pair.standing
    const { grouping, endsAt, endedAt, lastSeenAt } = withNames(pair.rebuilt.incident)
    const incident = { ...was, grouping, endsAt, endedAt, lastSeenAt, ...statusOf(pair) }
    if (standsAs(incident) !== standsAs(was))
      add({ rebuilt: pair.rebuilt, incident, change: changeOf(pair, incident) })
  }
  return written
}

interface Written {
  rebuilt: Pair['rebuilt']
  incident: Incident
  change: IncidentChange | undefined
}

/** What goes on being judged by. */
const standsAs = ({ grouping, endsAt, endedAt, lastSeenAt, status }: Incident): string => {
  const { keys, events, causes = [], flood = null } = grouping
  return JSON.stringify([keys, events, causes, flood, endsAt, endedAt, lastSeenAt, status])
}

/** A changed anomaly as it stands then. */
export function afterwards(pair: Pair): Incident {
  const { id, origin, note } = pair.standing.incident
  return { ...pair.rebuilt.incident, id, origin, note, ...statusOf(pair) }
}

/** One that is gone, as it stands then. */
export const goneAfterwards = ({ incident, touched }: StandingAnomaly): Incident => ({
  ...incident,
  endedAt: incident.endedAt ?? incident.lastSeenAt,
  status: touched ? incident.status : 'RESOLVED',
})

const changeOf = ({ standing }: Pair, { endedAt }: Incident): IncidentChange | undefined => {
  const before = standing.incident.endedAt
  if (before === null && endedAt !== null) return 'ANOMALY_ENDED'
  return before !== null && endedAt === null ? 'ANOMALY_REOPENED' : undefined
}

/** What people said of it holds; what the system did follows what is known now. */
function statusOf({ rebuilt, standing }: Pair): Pick<Incident, 'status' | 'resolvedAt' | 'resolvedBy'> {
  const [now, was] = [rebuilt.incident, standing.incident]
  const bySystem = was.status === 'RESOLVED' && was.resolvedBy?.kind === 'SYSTEM'
  const follows = !standing.touched && (was.status === 'OPEN' || bySystem)
  const { status, resolvedAt, resolvedBy } = follows ? now : was
  return { status, resolvedAt, resolvedBy }
}

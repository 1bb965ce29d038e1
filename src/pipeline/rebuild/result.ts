import type { RaisedIncident } from '../../detection/engine/forgetful.ts'
import { type Seconds, toDate } from '../../time.ts'

/** What came of judging a tenant's past anew. */
export interface RebuildResult {
  /** Events that were judged. */
  events: number
  /** From when on what was found counts; null: there was nothing to judge. */
  judgedFrom: Seconds | null
  /** How many anomalies were found as they are recorded. */
  same: number
  found: readonly RaisedIncident[]
  gone: readonly RaisedIncident[]
  changed: readonly RaisedIncident[]
}

/** Of each kind this many are named where the result is kept with the job. */
const NAMED = 100

/** The result as it is kept with the job. */
export function writeResult({ events, judgedFrom, same, found, gone, changed }: RebuildResult): string {
  const named = (raised: readonly RaisedIncident[]) => ({
    count: raised.length,
    first: raised.slice(0, NAMED).map(({ incident }) => ({
      id: incident.id,
      detector: incident.detector,
      severity: incident.severity,
      title: incident.title,
      detectedAt: toDate(incident.detectedAt).toISOString(),
    })),
  })
  return JSON.stringify({
    events,
    judgedFrom: judgedFrom === null ? null : toDate(judgedFrom).toISOString(),
    same,
    new: named(found),
    gone: named(gone),
    changed: named(changed),
  })
}

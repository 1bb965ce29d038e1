import type { RaisedIncident } from '../../../src/detection/forgetful.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { dryReplay, readHistory } from '../../../src/detection/replay.ts'
import type { Arrival } from '../../../src/simulator/event.ts'
import { toDate } from '../../../src/time.ts'
import type { Anomaly } from './anomaly.ts'

/** The lines that `replay` would read. */
function* lines(arrivals: Iterable<Arrival>): Generator<string> {
  for (const { event, received } of arrivals) {
    yield JSON.stringify(received === undefined ? event : { ...event, received })
  }
}

const anomalyOf = ({ incident }: RaisedIncident): Anomaly => ({
  detector: incident.detector,
  severity: incident.severity,
  title: incident.title,
  message: incident.message,
  advice: incident.advice,
  startedAt: incident.startedAt,
  detectedAt: incident.detectedAt,
  endedAt: incident.endedAt,
  customerId: incident.customer,
  subjects: incident.subjects.map(({ type, id }) => ({ type, stripeId: id })),
  evidence: incident.evidence,
})

/** What our detection says of a stream, from nothing, as `replay --dry-run` does. @throws on a line it cannot read */
export async function judgeByOurs(arrivals: Iterable<Arrival>): Promise<Anomaly[]> {
  const history = readHistory(lines(arrivals), 'whe_bench', ({ line, reason }) => {
    throw new Error(`line ${line}: ${reason}`)
  })
  const raised = await dryReplay(DETECTORS, history, { choices: new Map(), wall: toDate(0) })
  return raised.map(anomalyOf)
}

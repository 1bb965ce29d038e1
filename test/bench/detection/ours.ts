import { placeOf } from '../../../src/calendar/country.ts'
import type { AnyDetector } from '../../../src/detection/detector.ts'
import type { RaisedIncident } from '../../../src/detection/engine/forgetful.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { dryReplay, readHistory } from '../../../src/pipeline/replay.ts'
import type { Arrival } from '../../../src/simulator/event.ts'
import { toDate } from '../../../src/time.ts'
import type { Anomaly } from './anomaly.ts'

/** The lines that `replay` would read. */
export function* linesOf(arrivals: Iterable<Arrival>): Generator<string> {
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

/** A detector that throws leaves events out and is quiet for it: here that is an end. */
class Broken extends Error {
  override readonly name = 'Broken'
}

function watched(detector: AnyDetector, failures: Broken[]): AnyDetector {
  const guard = <T>(step: () => T): T => {
    try {
      return step()
    } catch (cause) {
      failures.push(new Broken(`${detector.name} throws`, { cause }))
      throw cause
    }
  }
  const { onTimer } = detector
  return {
    ...detector,
    observe: (state, fact, context) => guard(() => detector.observe(state, fact, context)),
    ...(onTimer && { onTimer: (state, context) => guard(() => onTimer(state, context)) }),
  }
}

/**
 * What our detection says of a stream, from nothing, as `replay --dry-run` does.
 * @param zone of the tenant, from which its country is guessed; default: it never said
 * @throws on a line it cannot read, and when a detector throws
 */
export async function judgeByOurs(arrivals: Iterable<Arrival>, zone?: string): Promise<Anomaly[]> {
  const failures: Broken[] = []
  const history = readHistory(linesOf(arrivals), 'whe_bench', ({ line, reason }) => {
    throw new Error(`line ${line}: ${reason}`)
  })
  const detectors = DETECTORS.map((detector) => watched(detector, failures))
  const raised = await dryReplay(detectors, history, {
    choices: new Map(),
    ...(zone === undefined ? {} : { place: placeOf({ timezone: zone, country: null }) }),
    wall: toDate(0),
  })
  if (failures[0]) throw failures[0]
  return raised.map(anomalyOf)
}

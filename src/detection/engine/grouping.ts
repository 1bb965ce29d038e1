import { SYSTEM } from '../../actor.ts'
import type { Calendar } from '../../calendar/calendar.ts'
import { bounded } from '../../stripe/money.ts'
import { DAY, type Seconds } from '../../time.ts'
import {
  type AnyDetector,
  type DetectorName,
  type Ending,
  type Finding,
  SEVERITIES,
  type Severity,
} from '../detector.ts'
import { explain, partnersOf } from './causes.ts'
import { Changes } from './changes.ts'
import { FLOOD, joinFlood, leaveFlood, newFlood, retellFlood } from './flood.ts'
import { type AnomalyOrigin, type ChangedIncident, type Incident, newIncident, worst } from './incident.ts'
import type { Operation } from './judge.ts'

const MAX_SUBJECTS = 200
const MAX_SERIES = 200
/** This many incidents of one detector within a day, and the next ones are a flood. */
const FLOOD_AFTER = 10

export interface GroupingStart {
  /** The newest incident of each fingerprint that may still be open or be reopened. */
  incidents: readonly Incident[]
  /** Of detectors per object: when their incidents of the last day were raised. */
  raised: ReadonlyMap<DetectorName, readonly Seconds[]>
  newId(): string
  origin: AnomalyOrigin
  /** Wall clock, for when an incident was resolved. */
  wall: Date
  /** In whose words a flood says since when. */
  calendar: Calendar
}

/** Groups what detectors report into incidents, in the order it was reported (README.md, "Grouping and floods"). */
export class IncidentGrouper {
  readonly #incidents = new Map<string, Incident>()
  readonly #raised = new Map<DetectorName, Seconds[]>()
  readonly #changes = new Changes()
  readonly #start: GroupingStart
  /** Of what is raised by the operation that is being grouped. */
  #origin: AnomalyOrigin

  constructor(start: GroupingStart) {
    this.#start = start
    this.#origin = start.origin
    for (const incident of start.incidents)
      this.#incidents.set(`${incident.detector} ${incident.fingerprint}`, incident)
    for (const [detector, times] of start.raised) this.#raised.set(detector, [...times])
  }

  add({ detector, key, at, stripeId, isPast = false, said }: Operation): void {
    this.#origin = isPast ? 'HISTORY' : this.#start.origin
    if ('ending' in said) this.#end(detector, key, said.ending)
    else this.#sign(detector, key, at, said.finding, stripeId)
  }

  /** Ends what ends by itself by `until`. */
  expire(detectors: readonly AnyDetector[], until: Seconds): void {
    for (const detector of detectors) {
      for (const incident of this.#incidents.values())
        if (incident.detector === detector.name) this.#expire(detector, incident, until)
    }
  }

  /** What has changed since the last call. */
  takeChanges(): ChangedIncident[] {
    return this.#changes.take()
  }

  #sign(
    detector: AnyDetector,
    key: string,
    at: Seconds,
    finding: Finding,
    stripeId: string | undefined,
  ): void {
    const own = this.#reachable(detector, finding.fingerprint, at)
    const incident = own ?? this.#floodFor(detector, at) ?? this.#raise(detector, finding, at)
    const { flood } = incident.grouping
    if (flood !== undefined) joinFlood(flood, finding)
    else if (!incident.grouping.keys.includes(key)) incident.grouping.keys.push(key)
    this.#changes.noteEvents(incident, [
      ...(finding.events ?? []),
      ...(stripeId === undefined ? [] : [stripeId]),
    ])
    incident.occurrences += finding.signs
    incident.lastSeenAt = Math.max(incident.lastSeenAt, at)
    if (finding.endsAfter !== undefined)
      incident.endsAt = Math.max(incident.endsAt ?? 0, incident.lastSeenAt + finding.endsAfter)
    if (incident.status === 'FALSE_POSITIVE') return
    this.#changes.note(incident, 'ANOMALY_UPDATED')
    if (incident.endedAt !== null || incident.status === 'RESOLVED') this.#reopen(incident)
    if (flood === undefined) this.#link(incident)
    incident.severity = worst(incident.severity, this.#capped(incident, finding.severity))
    incident.confidence = Math.max(incident.confidence, finding.confidence)
    incident.startedAt = Math.min(incident.startedAt, finding.startedAt)
    if (flood === undefined) Object.assign(incident, wordsOf(finding))
    else retellFlood(incident, flood, finding, this.#start.calendar)
    addSubjects(incident, finding)
  }

  /** Notes what explains the incident, and what it explains. */
  #link(incident: Incident): void {
    for (const partner of partnersOf(incident.detector)) {
      const other = this.#incidents.get(`${partner} `)
      if (other === undefined || other.status === 'FALSE_POSITIVE') continue
      const found = explain(incident, other)
      if (found !== undefined) this.#changes.noteCause(found.effect, found.cause.id)
    }
  }

  /** While what explains it goes on, that is what is to be looked at. */
  #capped({ detector, grouping }: Incident, severity: Severity): Severity {
    const { causes = [] } = grouping
    const isExplained = partnersOf(detector).some((partner) => {
      const other = this.#incidents.get(`${partner} `)
      return other !== undefined && other.endedAt === null && causes.includes(other.id)
    })
    return isExplained && SEVERITIES.indexOf(severity) > SEVERITIES.indexOf('MEDIUM') ? 'MEDIUM' : severity
  }

  /** The fingerprint's incident, if a sign at this moment still belongs to it. */
  #reachable(detector: AnyDetector, fingerprint: string, at: Seconds): Incident | undefined {
    const incident = this.#incidents.get(`${detector.name} ${fingerprint}`)
    if (incident === undefined) return undefined
    this.#expire(detector, incident, at)
    return incident.endedAt === null || at - incident.endedAt <= detector.cooldown ? incident : undefined
  }

  #floodFor(detector: AnyDetector, at: Seconds): Incident | undefined {
    if (!detector.perObject) return undefined
    const flood = this.#reachable(detector, FLOOD, at)
    if (flood !== undefined && at - flood.lastSeenAt <= DAY) return flood
    const recent = (this.#raised.get(detector.name) ?? []).filter((raisedAt) => raisedAt > at - DAY)
    this.#raised.set(detector.name, recent)
    if (recent.length < FLOOD_AFTER) return undefined
    return this.#add(newFlood(detector, this.#start.newId(), this.#origin, at))
  }

  #raise(detector: AnyDetector, finding: Finding, at: Seconds): Incident {
    if (detector.perObject) {
      const raised = this.#raised.get(detector.name)
      if (raised === undefined) this.#raised.set(detector.name, [at])
      else raised.push(at)
    }
    return this.#add(
      newIncident({
        id: this.#start.newId(),
        detector: detector.name,
        fingerprint: finding.fingerprint,
        severity: SEVERITIES[0],
        origin: this.#origin,
        ...wordsOf(finding),
        confidence: finding.confidence,
        startedAt: Math.min(finding.startedAt, at),
        detectedAt: at,
        series: (finding.series?.() ?? []).slice(-MAX_SERIES),
        grouping: { keys: [], events: 0 },
      }),
    )
  }

  #add(incident: Incident): Incident {
    this.#incidents.set(`${incident.detector} ${incident.fingerprint}`, incident)
    this.#changes.note(incident, 'ANOMALY_RAISED')
    return incident
  }

  #reopen(incident: Incident): void {
    incident.endedAt = null
    if (incident.status === 'RESOLVED') incident.status = 'OPEN'
    incident.resolvedAt = null
    incident.resolvedBy = null
    this.#changes.note(incident, 'ANOMALY_REOPENED')
  }

  #end(detector: AnyDetector, key: string, ending: Ending): void {
    const incident = this.#incidents.get(`${detector.name} ${ending.fingerprint}`)
    if (incident !== undefined && incident.endedAt === null) {
      incident.grouping.keys = incident.grouping.keys.filter((holder) => holder !== key)
      if (incident.grouping.keys.length === 0) this.#close(detector, incident, ending.at, ending.note)
      else this.#changes.note(incident, undefined)
      return
    }
    const flood = this.#incidents.get(`${detector.name} ${FLOOD}`)
    if (flood === undefined || flood.endedAt !== null || !leaveFlood(flood, ending.fingerprint)) return
    this.#changes.note(flood, undefined)
    if (flood.grouping.flood?.open.length === 0) this.#close(detector, flood, ending.at)
  }

  #expire(detector: AnyDetector, incident: Incident, until: Seconds): void {
    if (incident.endedAt === null && incident.endsAt !== null && incident.endsAt <= until)
      this.#close(detector, incident, incident.endsAt)
  }

  #close(detector: AnyDetector, incident: Incident, at: Seconds, note?: string): void {
    incident.endedAt = Math.max(at, incident.startedAt)
    incident.endsAt = null
    incident.grouping.keys = []
    if (incident.grouping.flood !== undefined) incident.grouping.flood.open = []
    if (note !== undefined) incident.message = `${incident.message} ${note}`
    this.#changes.note(incident, 'ANOMALY_ENDED')
    if (detector.selfResolving && incident.status === 'OPEN') {
      incident.status = 'RESOLVED'
      incident.resolvedAt = this.#start.wall
      incident.resolvedBy = SYSTEM
    }
  }
}

const wordsOf = ({ title, message, advice, evidence, impact, customer }: Finding) => ({
  title,
  message,
  advice,
  evidence,
  impact: impact === undefined ? null : { ...impact, amount: bounded(impact.amount) },
  customer: customer ?? null,
})

function addSubjects({ subjects }: Incident, finding: Finding): void {
  for (const subject of finding.subjects) {
    if (subjects.length >= MAX_SUBJECTS) return
    if (!subjects.some(({ id, type }) => id === subject.id && type === subject.type)) subjects.push(subject)
  }
}

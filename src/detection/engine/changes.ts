import { CHANGES, type ChangedIncident, type Incident, type IncidentChange } from './incident.ts'

const MAX_EVENTS = 1_000

/** Incidents that are to be saved, each with the strongest thing that happened to it and the events to add to it. */
export class Changes {
  readonly #changed = new Map<Incident, ChangedIncident>()

  note(incident: Incident, change: IncidentChange | undefined): ChangedIncident {
    const known = this.#changed.get(incident)
    if (known === undefined) {
      const changed = { incident, change, stripeIds: [] }
      this.#changed.set(incident, changed)
      return changed
    }
    if (
      change !== undefined &&
      (known.change === undefined || CHANGES.indexOf(change) > CHANGES.indexOf(known.change))
    ) {
      known.change = change
    }
    return known
  }

  noteEvents(incident: Incident, stripeIds: readonly string[]): void {
    const { stripeIds: noted } = this.note(incident, undefined)
    for (const stripeId of stripeIds) {
      if (incident.grouping.events >= MAX_EVENTS) return
      if (noted.includes(stripeId)) continue
      noted.push(stripeId)
      incident.grouping.events += 1
    }
  }

  /** The incident was found to be explained by another one. */
  noteCause(incident: Incident, cause: string): void {
    const { causes = [] } = incident.grouping
    if (causes.includes(cause)) return
    incident.grouping.causes = [...causes, cause]
    const changed = this.note(incident, undefined)
    changed.causes = [...(changed.causes ?? []), cause]
  }

  /** What has changed since the last call. */
  take(): ChangedIncident[] {
    const changes = [...this.#changed.values()]
    this.#changed.clear()
    return changes
  }
}

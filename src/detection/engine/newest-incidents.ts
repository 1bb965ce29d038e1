import type { Seconds } from '../../time.ts'
import type { AnyDetector, DetectorName } from '../detector.ts'
import { FLOOD } from './flood.ts'
import type { Incident } from './incident.ts'
import type { IncidentKey } from './memory.ts'

/** The newest incident of each fingerprint of one stream, in memory. */
export class NewestIncidents {
  readonly #newest = new Map<string, Incident>()

  add(incident: Incident): void {
    this.#newest.set(`${incident.detector} ${incident.fingerprint}`, incident)
  }

  /** As `TenantMemory.incidents`. */
  find(keys: readonly IncidentKey[], since: Seconds, dueBy: Seconds): Incident[] {
    const found = new Set<Incident>()
    for (const { detector, fingerprint } of keys) {
      const incident = this.#newest.get(`${detector} ${fingerprint}`)
      if (incident !== undefined && (incident.endedAt === null || incident.endedAt >= since))
        found.add(incident)
    }
    for (const incident of this.#newest.values())
      if (incident.endsAt !== null && incident.endsAt <= dueBy) found.add(incident)
    return [...found]
  }

  /** As `TenantMemory.raised`. */
  raised(detectors: readonly AnyDetector[], since: Seconds): Map<DetectorName, Seconds[]> {
    const times = new Map<DetectorName, Seconds[]>(detectors.map(({ name }) => [name, []]))
    for (const { detector, fingerprint, detectedAt } of this.#newest.values()) {
      if (fingerprint !== FLOOD && detectedAt >= since) times.get(detector)?.push(detectedAt)
    }
    return times
  }
}

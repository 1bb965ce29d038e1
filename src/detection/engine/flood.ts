import type { Calendar } from '../../calendar/calendar.ts'
import { bounded, format } from '../../stripe/money.ts'
import type { Seconds } from '../../time.ts'
import type { Amount, AnyDetector, Finding } from '../detector.ts'
import { count } from '../kit/words.ts'
import { type AnomalyOrigin, type Flood, type Incident, newIncident, worst } from './incident.ts'

/** Fingerprint of the incident that a flood of one detector's incidents becomes. */
export const FLOOD = 'many'
/** How many fingerprints and customers of a flood are remembered one by one; further ones are only counted. */
const REMEMBERED = 500

/** An incident for so many objects at once that one by one they would only bury each other. */
export function newFlood(detector: AnyDetector, id: string, origin: AnomalyOrigin, at: Seconds): Incident {
  return newIncident({
    id,
    detector: detector.name,
    fingerprint: FLOOD,
    severity: detector.floodSeverity ?? 'HIGH',
    origin,
    title: `${detector.title}: many at once`,
    advice:
      'So many at once very likely have one cause: find out first what changed in your billing code or settings just before, and stop it. Then correct the single cases.',
    startedAt: at,
    detectedAt: at,
    grouping: { keys: [], events: 0, flood: { members: 0, customers: 0, sums: {}, open: [], seen: [] } },
  })
}

/** Counts a finding into the flood: a new member, or a further sign of one. */
export function joinFlood(flood: Flood, finding: Finding): void {
  if (flood.open.includes(finding.fingerprint)) return
  if (flood.open.length < REMEMBERED) flood.open.push(finding.fingerprint)
  flood.members += 1
  if (finding.impact !== undefined) {
    const { amount, currency } = finding.impact
    flood.sums[currency] = bounded((flood.sums[currency] ?? 0) + amount)
  }
  countCustomer(flood, finding.customer)
}

/** Says what has been counted, with its newest finding. */
export function retellFlood(incident: Incident, flood: Flood, finding: Finding, calendar: Calendar): void {
  incident.severity = worst(incident.severity, finding.severity, 'HIGH')
  incident.impact = largest(flood.sums)
  incident.message = messageOf(
    flood,
    finding,
    calendar.momentInWords(Math.min(incident.startedAt, finding.startedAt)),
  )
  incident.evidence = [
    { name: 'further cases', observed: flood.members, threshold: 1, unit: 'COUNT' },
    ...finding.evidence,
  ]
}

/** @returns whether the fingerprint was a member of the flood */
export function leaveFlood(incident: Incident, fingerprint: string): boolean {
  const { flood } = incident.grouping
  const at = flood?.open.indexOf(fingerprint) ?? -1
  if (at >= 0) flood?.open.splice(at, 1)
  return at >= 0
}

function countCustomer(flood: Flood, customer: string | undefined): void {
  if (customer === undefined || flood.seen.includes(customer)) return
  flood.customers += 1
  if (flood.seen.length < REMEMBERED) flood.seen.push(customer)
}

function messageOf(flood: Flood, newest: Finding, since: string): string {
  const money = Object.entries(flood.sums).map(([currency, amount]) => format(amount, currency))
  const stake = money.length === 0 ? '' : `, with ${money.join(' and ')} at stake`
  const customers = flood.customers === 0 ? '' : `, of ${count(flood.customers, 'customer')},`
  const cases = `${count(flood.members, 'further case')}${customers}`
  return `Since ${since}, ${cases} ${flood.members === 1 ? 'has' : 'have'} followed the first ten within a day${stake}. The newest is “${newest.title}”.`
}

/** Currencies are never added or compared by worth: the largest number of minor units stands for the rest. */
function largest(sums: Record<string, number>): Amount | null {
  const [first] = Object.entries(sums).sort(([, a], [, b]) => b - a)
  return first === undefined ? null : { currency: first[0], amount: first[1] }
}

import { DETECTOR_NAMES, type DetectorName } from '../../detection/detector.ts'
import type { Fact } from '../../stripe/facts.ts'
import type { ObjectRecord } from '../../stripe/ledger.ts'
import { isFields } from '../../stripe/read.ts'

/** A detector's name from a column; undefined for one of an older or newer program. */
export const toDetectorName = (value: unknown): DetectorName | undefined =>
  DETECTOR_NAMES.find((name) => name === value)

/** The numbers of a JSON object; whatever else it holds is left out. */
export function toNumbers(json: string): Record<string, number> {
  const parsed: unknown = JSON.parse(json)
  if (typeof parsed !== 'object' || parsed === null) return {}
  return Object.fromEntries(
    Object.entries(parsed).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  )
}

/** Facts as this program stored them. */
export function toFacts(json: string): Fact[] {
  const parsed: unknown = JSON.parse(json)
  return Array.isArray(parsed) ? (parsed.filter((fact) => isFields(fact) && 'kind' in fact) as Fact[]) : []
}

/** What was reported of a Stripe object; one that is damaged counts as unknown. */
export function toRecord(json: string): ObjectRecord {
  const parsed: unknown = JSON.parse(json)
  return isFields(parsed) ? parsed : {}
}

import { format } from '../../stripe/money.ts'
import type { Amount } from '../detector.ts'

/** Sums by name (money by currency, signs by code), bounded: beyond this many names new ones are not distinguished. Plain data. */
export type Sums = Record<string, number>

const NAMES = 12

export function addTo(sums: Sums, name: string, amount: number): void {
  if (name in sums || Object.keys(sums).length < NAMES) sums[name] = (sums[name] ?? 0) + amount
}

/** Adds money that may not be known. */
export function addMoney(sums: Sums, { amount, currency }: PossibleMoney): void {
  if (amount !== undefined && currency !== undefined) addTo(sums, currency, amount)
}

/** Money of a fact, as far as it says so. */
export interface PossibleMoney {
  amount?: number
  currency?: string
}

export function sumsOf(parts: readonly Sums[]): Sums {
  const sums: Sums = {}
  for (const part of parts) for (const [name, amount] of Object.entries(part)) addTo(sums, name, amount)
  return sums
}

/** The name with the largest sum; of equal ones the first by name, so that order of arrival does not show. */
export function largest(sums: Sums): { name: string; sum: number } | undefined {
  let best: { name: string; sum: number } | undefined
  for (const [name, sum] of Object.entries(sums))
    if (best === undefined || sum > best.sum || (sum === best.sum && name < best.name)) best = { name, sum }
  return best
}

/** What incidents are about, as a clause: `they come to $29.00`. */
export const worthOf = (impact: Amount | undefined): string | undefined =>
  impact && `they come to ${format(impact.amount, impact.currency)}`

/** The currency with most money in it; undefined when there is none. Currencies are never added. */
export function largestAmount(sums: Sums): Amount | undefined {
  const most = largest(sums)
  return most !== undefined && most.sum > 0
    ? { amount: Math.round(most.sum), currency: most.name }
    : undefined
}

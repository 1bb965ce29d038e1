import { DAY, type Seconds } from '../../../time.ts'

export const YEAR = 365 * DAY
/** How many amounts and currencies of a customer are remembered. */
const AMOUNTS = 4
const CURRENCIES = 4

/** An amount in minor units, and when it was seen. */
type Seen = [amount: number, at: Seconds]

/** The largest first. */
interface Known {
  /** Payments of the last year. */
  paid: Seen[]
  /** Different prices of a subscription's period, with their first sight. */
  prices: Seen[]
}

/** What a customer has paid and had to pay, by currency. Plain data. */
export type KnownMoney = Record<string, Known>

/** Amounts of one currency; 0 where nothing is known. */
export interface Usual {
  /** The largest payment of the last year. */
  paid: number
  /** The two largest together. */
  payments: number
  /** The highest price of a period. */
  price: number
}

function knownOf(known: KnownMoney, currency: string): Known {
  const own = known[currency]
  if (own !== undefined) return own
  const [oldest] = Object.keys(known)
  if (oldest !== undefined && Object.keys(known).length >= CURRENCIES) delete known[oldest]
  const begun: Known = { paid: [], prices: [] }
  known[currency] = begun
  return begun
}

export function addPayment(known: KnownMoney, currency: string, amount: number, at: Seconds): void {
  if (amount <= 0) return
  const { paid } = knownOf(known, currency)
  keepLargest(paid, [amount, at])
  const newest = paid.reduce((latest, seen) => Math.max(latest, seen[1]), at)
  const old = paid.findIndex((seen) => seen[1] < newest - YEAR)
  if (old >= 0) paid.splice(old, 1)
}

export function addPrice(known: KnownMoney, currency: string, price: number | undefined, at: Seconds): void {
  if (price === undefined || price <= 0) return
  const { prices } = knownOf(known, currency)
  const same = prices.find(([amount]) => amount === price)
  if (same === undefined) keepLargest(prices, [price, at])
  else same[1] = Math.min(same[1], at)
}

export const hasPrice = (known: KnownMoney): boolean =>
  Object.values(known).some(({ prices }) => prices.length > 0)

/** Equal amounts: the newer first. */
function keepLargest(amounts: Seen[], seen: Seen): void {
  const after = amounts.findIndex(([amount, at]) => amount < seen[0] || (amount === seen[0] && at <= seen[1]))
  amounts.splice(after < 0 ? amounts.length : after, 0, seen)
  if (amounts.length > AMOUNTS) amounts.length = AMOUNTS
}

/** What had been seen of the customer's money at a moment. */
export function usualAt(known: KnownMoney, currency: string, at: Seconds): Usual {
  const own = known[currency]
  const paid = own?.paid.filter((seen) => seen[1] <= at && seen[1] > at - YEAR) ?? []
  const largest = paid[0]?.[0] ?? 0
  return {
    paid: largest,
    // A period is often paid in two parts, the plan and an upgrade; the sum of a year would hide a tripled credit.
    payments: largest + (paid[1]?.[0] ?? 0),
    price: own?.prices.find((seen) => seen[1] <= at)?.[0] ?? 0,
  }
}

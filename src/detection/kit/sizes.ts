import type { PossibleMoney } from './amounts.ts'

/** The size of ordinary payments in one currency: how many are known (up to a bound), their mean, the part that is small. Plain data. */
interface Size {
  known: number
  mean: number
  small: number
}
export type Sizes = Record<string, Size>

const CURRENCIES = 16
/** Until this many are known nothing is said to be small. */
const FEWEST = 20
/** The mean follows the last this many, and one giant payment moves it no more than ten usual ones. */
const MEMORY = 500
const GIANT = 10
const SMALL = 0.1
/** Until it is known how many ordinary payments are small, one in fifty is. */
const SMALL_PRIOR = { share: 0.02, payments: 50 }
/** Where more of the ordinary payments are small, another small one is nothing odd. */
const RARE = 0.1

/** Learns a payment that went through. */
export function learnSize(sizes: Sizes, amount: number, currency: string): void {
  let size = sizes[currency]
  if (size === undefined) {
    if (Object.keys(sizes).length >= CURRENCIES) return
    size = { known: 0, mean: amount, small: SMALL_PRIOR.share }
    sizes[currency] = size
  }
  const small = isSmall(sizes, amount, currency)
  size.known = Math.min(MEMORY, size.known + 1)
  size.mean += (Math.min(amount, GIANT * size.mean) - size.mean) / size.known
  if (size.known >= FEWEST) size.small += (Number(small) - size.small) / (SMALL_PRIOR.payments + size.known)
}

/** Whether an amount is at most a tenth of the usual one of its currency. */
export function isSmall(sizes: Sizes, amount: number, currency: string): boolean {
  const size = sizes[currency]
  return size !== undefined && size.known >= FEWEST && amount <= SMALL * size.mean
}

/** Whether an amount is small where few are. */
export const isOddlySmall = (sizes: Sizes, { amount, currency }: PossibleMoney): boolean =>
  amount !== undefined &&
  currency !== undefined &&
  isSmall(sizes, amount, currency) &&
  (sizes[currency]?.small ?? 0) < RARE

/** Share of ordinary payments that are small, in the currency with most of them among those where it is odd. */
export const smallShare = (sizes: Sizes): number =>
  Object.values(sizes).reduce(
    (most, { small }) => (small < RARE ? Math.max(most, small) : most),
    SMALL_PRIOR.share,
  )

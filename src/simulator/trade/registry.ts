import type { Business } from './business.ts'
import { canteen, giftShop, restaurant, shopWithClerk, vendingMachine } from './businesses/at-the-counter.ts'
import {
  agency,
  billedOnTheFirst,
  debitClub,
  migrated,
  saas,
  smallShop,
} from './businesses/by-subscription.ts'

/** The second world: each kind of business once. */
export const BUSINESSES: readonly Business[] = [
  canteen,
  vendingMachine,
  giftShop,
  restaurant,
  shopWithClerk,
  saas,
  billedOnTheFirst,
  debitClub,
  migrated,
  agency,
  smallShop,
]

export const BUSINESS_NAMES: readonly string[] = BUSINESSES.map(({ name }) => name)

/** @throws RangeError that lists the names there are */
export function businessNamed(name: string): Business {
  const business = BUSINESSES.find((candidate) => candidate.name === name)
  if (!business) throw new RangeError(`no business "${name}"; there are: ${BUSINESS_NAMES.join(', ')}`)
  return business
}

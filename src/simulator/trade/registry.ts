import type { Business } from './business.ts'
import * as atTheCounter from './businesses/at-the-counter.ts'
import * as bySubscription from './businesses/by-subscription.ts'
import * as onTheWeb from './businesses/on-the-web.ts'

/** The second world: each kind of business once. */
export const BUSINESSES: readonly Business[] = [
  ...Object.values(atTheCounter),
  ...Object.values(bySubscription),
  ...Object.values(onTheWeb),
]

export const BUSINESS_NAMES: readonly string[] = BUSINESSES.map(({ name }) => name)

/** @throws RangeError that lists the names there are */
export function businessNamed(name: string): Business {
  const business = BUSINESSES.find((candidate) => candidate.name === name)
  if (!business) throw new RangeError(`no business "${name}"; there are: ${BUSINESS_NAMES.join(', ')}`)
  return business
}

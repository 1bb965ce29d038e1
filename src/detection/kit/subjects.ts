import type { Subject } from '../detector.ts'

/** A subscription, and whose it is where that is known. */
export const subscriptionOf = (subscription: string, customer: string | undefined): Subject[] => [
  { type: 'subscription', id: subscription },
  ...customerOf(customer),
]

export const customerOf = (customer: string | undefined): Subject[] =>
  customer === undefined ? [] : [{ type: 'customer', id: customer }]

/** The same in a sentence about a subscription. */
export const ofCustomer = (customer: string | undefined): string =>
  customer === undefined ? '' : ` of customer ${customer}`

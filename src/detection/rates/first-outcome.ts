import type { ChargeFailed, ChargeSucceeded, PaymentRefused } from '../../stripe/facts.ts'
import { DAY, type Seconds } from '../../time.ts'
import { Generations } from '../statistics/generations.ts'

export type Failure = ChargeFailed | PaymentRefused
export type Payment = ChargeSucceeded | Failure

/** Dunning goes on for two weeks or so: that long a payer who failed is remembered, or until so many others have. */
const MEMORY = { ids: 3_000, span: 14 * DAY }

/** Payments and payers that have failed. */
export const failedBefore = (stored?: unknown): Generations =>
  new Generations(MEMORY.ids, MEMORY.span, stored)

export const idOf = (fact: Failure): string => (fact.kind === 'chargeFailed' ? fact.charge : fact.id)

/** Radar's blocks and mistakes of the integration are no failing payments; a debit that is returned days later tells of then, not of now. */
export const isTrouble = (fact: Failure): boolean =>
  !fact.blocked && !fact.invalid && !(fact.kind === 'chargeFailed' ? fact.reversed > 0 : fact.setup)

/** Once a payment or payer has failed, its further tries count no more: dunning and retry loops are one failure. */
export function isFirstOutcome(failed: Generations, fact: Payment, now: Seconds): boolean {
  const intent = fact.kind === 'paymentRefused' ? fact.id : fact.intent
  const { payer, customer } = fact
  if (payer !== undefined && failed.has(payer)) return false
  // A customer stands for all their payments; a guest may try one payment with several cards.
  const isGuest = customer === undefined && intent !== undefined
  if (isGuest && failed.has(intent)) return false
  if (fact.kind === 'chargeSucceeded') return true
  if (payer !== undefined) failed.add(payer, now)
  if (isGuest) failed.add(intent, now)
  return true
}

import type { InvoiceFinalized } from '../../../stripe/facts.ts'
import type { Seconds } from '../../../time.ts'
import type { Usual } from './known.ts'

/** A credit of more than this many times the largest payment is no slip. */
const GROSS = 2

/** An invoice below zero. Plain data. */
export interface Credit {
  invoice: string
  event: string
  at: Seconds
  total: number
  currency: string
  prorated: boolean
  /** What changes of plan took off it or added. */
  prorations: number | undefined
  reason: string | undefined
  subscription: string | undefined
}

export function creditOf(fact: InvoiceFinalized): Credit {
  const { invoice, eventId: event, at, total, currency, prorated, prorations, reason, subscription } = fact
  return { invoice, event, at, total, currency, prorated, prorations, reason, subscription }
}

/**
 * It is below zero because of a change of plan alone: such a credit stands on an invoice of its own, or by Stripe's
 * default on the next renewal.
 */
export const isPlanChange = ({ reason, prorated, prorations, total }: Credit): boolean =>
  (reason === 'subscription_update' && prorated) ||
  (prorations !== undefined && prorations < 0 && total - prorations >= 0)

/** What the change of plan gives back. */
export const creditOfChange = ({ prorations, total }: Credit): number => -(prorations ?? total)

/** Far more than the customer ever paid. */
export const isGross = ({ total }: Credit, { paid, price }: Usual): boolean =>
  -total > GROSS * (paid || price)

import type { ChargeFailed, PaymentRefused } from '../../stripe/facts.ts'

/** A try to pay that failed. */
export type Failure = ChargeFailed | PaymentRefused

export const idOf = (fact: Failure): string => (fact.kind === 'chargeFailed' ? fact.charge : fact.id)

/** How cards fail that were guessed or stolen. */
const GUESSED = new Set([
  'incorrect_cvc',
  'invalid_cvc',
  'incorrect_number',
  'invalid_number',
  'invalid_account',
  'incorrect_zip',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'lost_card',
  'stolen_card',
  'pickup_card',
  'fraudulent',
])

/**
 * Whether a try failed as guessed cards fail. Too little money, a bank's plain refusal or a processing error is none:
 * many of those are a failing gateway.
 */
export function looksGuessed(fact: Failure): boolean {
  if (fact.kind === 'paymentRefused' && fact.setup) return true
  if (fact.blocked || fact.risk === 'elevated' || fact.risk === 'highest') return true
  return isGuessed(fact.code) || isGuessed(fact.reason)
}

const isGuessed = (code: string | undefined): boolean => code !== undefined && GUESSED.has(code)

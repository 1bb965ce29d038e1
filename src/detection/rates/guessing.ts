import type { ChargeFailed, PaymentRefused } from '../../stripe/facts.ts'
import { isSmall, type Sizes } from './sizes.ts'

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
 * Whether a try failed as guessed cards fail. Too little money, a bank's plain refusal or a processing error at an
 * ordinary amount is none: many of those are a failing gateway. A subscription's renewal is never one.
 */
export function isSuspect(fact: ChargeFailed | PaymentRefused, sizes: Sizes): boolean {
  if (fact.recurring || fact.invalid) return false
  if (fact.kind === 'paymentRefused' && fact.setup) return true
  if (fact.blocked || fact.risk === 'elevated' || fact.risk === 'highest') return true
  if (isGuessed(fact.code) || isGuessed(fact.reason)) return true
  return (
    fact.amount !== undefined && fact.currency !== undefined && isSmall(sizes, fact.amount, fact.currency)
  )
}

const isGuessed = (code: string | undefined): boolean => code !== undefined && GUESSED.has(code)

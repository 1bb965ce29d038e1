import { largest, type Sums } from './amounts.ts'
import { plain } from './words.ts'

/** Stripe's codes for why a payment failed or was disputed, in plain words where their names are not. */
const WORDS: Readonly<Record<string, string>> = {
  authentication_required: 'authentication (3-D Secure) not completed',
  authentication_not_handled: 'authentication (3-D Secure) not completed',
  payment_intent_authentication_failure: 'authentication (3-D Secure) not completed',
  card_declined: 'card declined',
  card_velocity_exceeded: 'card over its limit',
  withdrawal_count_limit_exceeded: 'card over its limit',
  do_not_honor: 'refused by the bank without a reason',
  generic_decline: 'refused by the bank without a reason',
  fraudulent: 'suspected fraud',
  incorrect_cvc: 'wrong security code',
  invalid_cvc: 'wrong security code',
  incorrect_number: 'wrong card number',
  invalid_number: 'wrong card number',
  incorrect_zip: 'wrong postal code',
  invalid_expiry_month: 'wrong expiry date',
  invalid_expiry_year: 'wrong expiry date',
  issuer_not_available: 'bank not reachable',
  lost_card: 'card reported lost',
  stolen_card: 'card reported stolen',
  pickup_card: 'card reported lost or stolen',
  processing_error: 'processing error at Stripe or the bank',
  debit_not_authorized: 'debit not authorised by the customer',
}

/** The most frequent reason, as a clause: `the most frequent reason is “wrong security code” (12)`. */
export function commonestReason(codes: Sums): string | undefined {
  const commonest = commonestCode(codes)
  if (commonest === undefined) return undefined
  const { name, sum } = commonest
  return `the most frequent reason is “${WORDS[name] ?? plain(name)}” (${sum})`
}

/** Stripe's own code of the most frequent reason; undefined where it gave none. */
export function commonestCode(codes: Sums): { name: string; sum: number } | undefined {
  const commonest = largest(codes)
  return commonest?.name === 'unknown' ? undefined : commonest
}

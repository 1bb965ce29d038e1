import { HOUR, type Seconds } from '../../time.ts'
import type { StripeEnvelope } from '../event.ts'
import type { Decline, PaymentDetails } from '../facts.ts'
import { mark } from '../mark.ts'
import { customerOf, type Fields, fields, integer, known, text } from '../read.ts'
import { purchaseOf } from './order.ts'

/** How Stripe describes the charges of invoices; since 2025-03-31.basil nothing else on the charge says so. */
const OF_AN_INVOICE = /^(Subscription |Payment for Invoice)/

/**
 * How a charge, payment intent or set-up was paid. `method` is the object's `payment_method_details`, or the payment
 * method of its last error; `invoice` what pays by it, as far as known.
 */
export const paymentDetails = (
  event: StripeEnvelope,
  method: Fields | undefined,
  links: { intent: string | undefined; invoice: string | undefined },
): PaymentDetails => {
  const { object } = event
  const type = text(method?.['type'])
  const card = cardOf(method)
  const fingerprint = fingerprintOf(method)
  const description = text(object['description'], Number.POSITIVE_INFINITY)
  return known({
    intent: links.intent,
    invoice: links.invoice,
    card: fingerprint,
    cardCountry: text(card?.['country'])?.toUpperCase(),
    funding: text(card?.['funding']),
    method: type,
    begun: begunOf(event),
    risk: text(fields(object['outcome'])?.['risk_level']),
    descriptionMark: description === undefined ? undefined : mark([description]),
    ...purchaseOf(object['metadata']),
    recurring: links.invoice !== undefined || (description !== undefined && OF_AN_INVOICE.test(description)),
    payer: customerOf(object) ?? fingerprint,
  })
}

/** What is answered within the hour began when it was answered, as far as anybody cares. */
const begunOf = ({ object, created }: StripeEnvelope): Seconds | undefined => {
  const begun = integer(object['created'])
  return begun !== undefined && begun > 0 && begun < created - HOUR ? begun : undefined
}

/** A charge's method; charges of stored cards from before payment methods have it as `source`. */
export const methodOfCharge = (charge: Fields): Fields | undefined =>
  fields(charge['payment_method_details']) ?? sourceAsMethod(charge['source'])

/** The method of an error, whose `source` is its old name. */
export const methodOfError = (error: Fields | undefined): Fields | undefined =>
  fields(error?.['payment_method']) ?? sourceAsMethod(error?.['source'])

const sourceAsMethod = (value: unknown): Fields | undefined => {
  const source = fields(value)
  return source?.['object'] === 'card' ? { type: 'card', card: source } : undefined
}

/** The same for the same card or bank account, whoever pays by it. */
export const fingerprintOf = (method: Fields | undefined): string | undefined =>
  text(cardOf(method)?.['fingerprint'])

/** Bank accounts carry a fingerprint and a country like cards do, in a field named after their type. */
const cardOf = (method: Fields | undefined): Fields | undefined => {
  const type = text(method?.['type'])
  const card = fields(method?.['card'])
  if (card !== undefined || method === undefined || type === undefined) return card
  return Object.hasOwn(method, type) ? fields(method[type]) : undefined
}

/** Why a charge failed. */
export const declineOfCharge = (charge: Fields): Decline => {
  const outcome = fields(charge['outcome'])
  return known({
    code: text(charge['failure_code']),
    reason: text(outcome?.['reason']),
    adviceCode: text(outcome?.['advice_code']),
    blocked: outcome?.['type'] === 'blocked',
    invalid: outcome?.['type'] === 'invalid',
  })
}

/** Why something failed that made no charge: Radar and integration mistakes are reported for charges only. */
export const declineOfError = (error: Fields | undefined): Decline =>
  known({
    code: text(error?.['code']),
    reason: text(error?.['decline_code']),
    adviceCode: text(error?.['advice_code']),
    blocked: false,
    invalid: error?.['type'] === 'invalid_request_error' && error?.['code'] === undefined,
  })

/**
 * Whether a payment intent's failure made a charge, which every version names elsewhere. The charge that the intent
 * itself names may be of an earlier try: where a card fails, only that of the error is meant. Debits have none there.
 */
export const namesCharge = (intent: Fields): boolean => {
  const error = fields(intent['last_payment_error'])
  if (error?.['charge'] != null) return true
  if (methodOfError(error)?.['type'] === 'card') return false
  const named = intent['latest_charge'] ?? fields(intent['charges'])?.['data']
  return Array.isArray(named) ? named.length > 0 : named != null
}

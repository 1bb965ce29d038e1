import type { StripeEnvelope } from '../event.ts'
import type { Fact, Refunded } from '../facts.ts'
import type { EventReading, Ledger } from '../ledger.ts'
import { amount, currency, customerOf, type Fields, fields, id, known, reference, text } from '../read.ts'
import { correctEarlier, takeAsCounted } from './charge-earlier.ts'
import {
  type ChargeRecord,
  givenBack,
  keepFor,
  readRecord,
  seeCharge,
  seeRefund,
  writeRecord,
} from './charge-record.ts'
import { capturedAmount } from './charge-snapshot.ts'
import { common, isA, NOTHING } from './common.ts'
import { declineOfCharge, methodOfCharge, paymentDetails } from './payment.ts'

/**
 * charge.*: the charge itself. That it succeeded or failed is taken only from the event of that name, since any other
 * may be of a charge made long before we watched. Captured money is reported as its growth from success and capture,
 * in whichever order they come.
 */
export const readCharge = (event: StripeEnvelope): EventReading => {
  const { object } = event
  const charge = id(object['id'])
  if (charge === undefined || !isA('charge', object)) return NOTHING
  // Until basil the charge names its invoice; since then only its payment intent leads there.
  const intent = reference(object['payment_intent'])
  const linked = intent !== undefined && !Object.hasOwn(object, 'invoice') ? intent : undefined
  return {
    objects: linked === undefined ? [charge] : [charge, linked],
    apply: (ledger) => {
      const record = readRecord(ledger.get(charge))
      if (record.amount === undefined) takeAsCounted(record, object, event)
      else correctEarlier(record, object, event)
      seeCharge(record, object, event)
      if (linked !== undefined) record.invoice ??= id(ledger.get(linked)?.['invoice'])
      const facts = [...chargeFacts(event, charge, intent, record), ...refundFacts(event, charge, record)]
      ledger.set(charge, writeRecord(record), keepFor(record))
      return facts
    },
  }
}

const chargeFacts = (
  event: StripeEnvelope,
  charge: string,
  intent: string | undefined,
  record: ChargeRecord,
): Fact[] => {
  const { object, type } = event
  const total = amount(object['amount'])
  const unit = currency(object['currency'])
  if (total === undefined || unit === undefined || !REPORTING_TYPES.has(type)) return []
  const whole = known({
    charge,
    amount: total,
    currency: unit,
    ...common(event, customerOf(object)),
    ...paymentDetails(event, methodOfCharge(object), { intent, invoice: record.invoice }),
  })
  if (type === 'charge.pending') {
    if (object['status'] !== 'pending' || record.pending || record.succeeded || record.failed) return []
    record.pending = true
    return [{ kind: 'chargePending', ...whole }]
  }
  if (type === 'charge.failed') {
    if (record.failed) return []
    record.failed = true
    return [{ kind: 'chargeFailed', ...whole, ...declineOfCharge(object), reversed: record.reportedCaptured }]
  }
  const captured = capturedAmount(object)
  if (captured === undefined || isUnfinished(object)) return []
  const facts: Fact[] = []
  if (type === 'charge.succeeded' && !record.succeeded) {
    record.succeeded = true
    // A bank debit whose failure came before its success collected nothing in the end.
    facts.push({ kind: 'chargeSucceeded', ...whole, captured: record.failed ? 0 : captured })
  }
  const growth = (record.captured ?? 0) - record.reportedCaptured
  if (growth > 0 && !record.failed) {
    record.reportedCaptured += growth
    facts.push({ kind: 'chargeCaptured', ...whole, amount: growth })
  }
  return facts
}

const REPORTING_TYPES = new Set(['charge.pending', 'charge.succeeded', 'charge.captured', 'charge.failed'])

const isUnfinished = (charge: Fields): boolean =>
  charge['status'] === 'pending' || charge['status'] === 'failed' || charge['paid'] === false

/** refund.* and charge.refund.updated: one refund, counted on its charge. Without a charge there is nothing to report. */
export const readRefund = (event: StripeEnvelope): EventReading => {
  const refund = event.object
  const charge = reference(refund['charge'])
  if (charge === undefined || !isA('refund', refund)) return NOTHING
  return {
    objects: [charge],
    apply: (ledger: Ledger) => {
      const record = readRecord(ledger.get(charge))
      record.currency ??= currency(refund['currency'])
      record.customer ??= customerOf(refund) ?? customerOf(fields(refund['charge']) ?? {})
      seeRefund(record, refund, event)
      const facts = refundFacts(event, charge, record)
      ledger.set(charge, writeRecord(record), keepFor(record))
      return facts
    },
  }
}

/** What was given back grew or shrank: the difference is reported, whichever event brought it. */
const refundFacts = (event: StripeEnvelope, charge: string, record: ChargeRecord): Refunded[] => {
  if (record.currency === undefined) return []
  const given = givenBack(record)
  const growth = given - record.reportedRefunded
  if (growth === 0) return []
  record.reportedRefunded = given
  const refund = event.object['object'] === 'refund' ? event.object : undefined
  return [
    known({
      kind: 'refunded' as const,
      ...common(event, record.customer),
      charge,
      payer: record.customer === undefined ? record.card : undefined,
      refund: id(refund?.['id']),
      reason: text(refund?.['reason']),
      amount: growth,
      currency: record.currency,
      chargeAmount: record.amount,
    }),
  ]
}

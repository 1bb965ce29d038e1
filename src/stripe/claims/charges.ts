import type { StripeEnvelope } from '../event.ts'
import type { Fact, Refunded } from '../facts.ts'
import type { Claims, Ledger } from '../ledger.ts'
import { amount, currency, customerOf, type Fields, fields, id, known, reference, text } from '../read.ts'
import {
  type ChargeRecord,
  capturedAmount,
  givenBack,
  keepFor,
  readRecord,
  seeCharge,
  seeRefund,
  takeAsCounted,
  writeRecord,
} from './charge-record.ts'
import { common, isA, NOTHING } from './common.ts'
import { declineOfCharge, methodOfCharge, paymentDetails } from './payment.ts'

/**
 * charge.*: the charge itself. That it succeeded or failed is only told by the event of that name, since any other
 * may be of a charge made long before we watched. Captured money is told by its growth from success and capture,
 * in whichever order they come.
 */
export const readCharge = (event: StripeEnvelope): Claims => {
  const { object } = event
  const charge = id(object['id'])
  if (charge === undefined || !isA('charge', object)) return NOTHING
  // Until basil the charge names its invoice; since then only its payment intent leads there.
  const intent = reference(object['payment_intent'])
  const linked = intent !== undefined && !Object.hasOwn(object, 'invoice') ? intent : undefined
  return {
    objects: linked === undefined ? [charge] : [charge, linked],
    settle: (ledger) => {
      const record = readRecord(ledger.get(charge))
      if (record.amount === undefined) takeAsCounted(record, object, event)
      seeCharge(record, object, event)
      if (linked !== undefined) record.invoice ??= id(ledger.get(linked)?.['invoice'])
      const facts = [...tellCharge(event, charge, intent, record), ...tellRefunds(event, charge, record)]
      ledger.set(charge, writeRecord(record), keepFor(record))
      return facts
    },
  }
}

const tellCharge = (
  event: StripeEnvelope,
  charge: string,
  intent: string | undefined,
  record: ChargeRecord,
): Fact[] => {
  const { object, type } = event
  const total = amount(object['amount'])
  const unit = currency(object['currency'])
  if (total === undefined || unit === undefined || !TELLS.has(type)) return []
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
    return [{ kind: 'chargeFailed', ...whole, ...declineOfCharge(object), reversed: record.toldCaptured }]
  }
  const captured = capturedAmount(object)
  if (captured === undefined || isUnfinished(object)) return []
  const facts: Fact[] = []
  if (type === 'charge.succeeded' && !record.succeeded) {
    record.succeeded = true
    // A bank debit whose failure came before its success collected nothing in the end.
    facts.push({ kind: 'chargeSucceeded', ...whole, captured: record.failed ? 0 : captured })
  }
  const growth = (record.captured ?? 0) - record.toldCaptured
  if (growth > 0 && !record.failed) {
    record.toldCaptured += growth
    facts.push({ kind: 'chargeCaptured', ...whole, amount: growth })
  }
  return facts
}

const TELLS = new Set(['charge.pending', 'charge.succeeded', 'charge.captured', 'charge.failed'])

const isUnfinished = (charge: Fields): boolean =>
  charge['status'] === 'pending' || charge['status'] === 'failed' || charge['paid'] === false

/** refund.* and charge.refund.updated: one refund, counted on its charge. Without a charge there is nothing to tell. */
export const readRefund = (event: StripeEnvelope): Claims => {
  const refund = event.object
  const charge = reference(refund['charge'])
  if (charge === undefined || !isA('refund', refund)) return NOTHING
  return {
    objects: [charge],
    settle: (ledger: Ledger) => {
      const record = readRecord(ledger.get(charge))
      record.currency ??= currency(refund['currency'])
      record.customer ??= customerOf(refund) ?? customerOf(fields(refund['charge']) ?? {})
      seeRefund(record, refund, event)
      const facts = tellRefunds(event, charge, record)
      ledger.set(charge, writeRecord(record), keepFor(record))
      return facts
    },
  }
}

/** What was given back grew or shrank: told by the difference, whatever event brought it. */
const tellRefunds = (event: StripeEnvelope, charge: string, record: ChargeRecord): Refunded[] => {
  if (record.currency === undefined) return []
  const given = givenBack(record)
  const growth = given - record.toldRefunded
  if (growth === 0) return []
  record.toldRefunded = given
  const refund = event.object['object'] === 'refund' ? event.object : undefined
  return [
    known({
      kind: 'refunded' as const,
      ...common(event, record.customer),
      charge,
      refund: id(refund?.['id']),
      reason: text(refund?.['reason']),
      amount: growth,
      currency: record.currency,
      chargeAmount: record.amount,
    }),
  ]
}

import type { Seconds } from '../../time.ts'
import type { StripeEnvelope } from '../event.ts'
import type { Fact, InvoiceCreated, InvoiceFailed } from '../facts.ts'
import { type EventReading, KEEP_OPEN, KEEP_SETTLED, type ObjectRecord } from '../ledger.ts'
import { amount, currency, customerOf, type Fields, fields, id, known, reference, time } from '../read.ts'
import { common, isA, isOlderThanMemory, NOTHING, numbers, remember, strings } from './common.ts'
import { invoiceDetails, MOST_PAYMENTS } from './invoice-details.ts'

/** Failed attempts that are kept apart; Stripe makes at most some tens in two months. */
const MOST_ATTEMPTS = 50

/** Stands for the attempt of a failure that is not one to collect, or does not say which. */
const NO_ATTEMPT = -1
const NOT_FINALIZED = -2

/**
 * invoice.*: each step of an invoice (seen, finalised, paid, dropped, each failed attempt) is reported from the first event
 * that shows it, however many show it and in whichever order they come.
 */
export const readInvoice = (event: StripeEnvelope): EventReading => {
  const { object } = event
  const invoice = id(object['id'])
  if (invoice === undefined || !isA('invoice', object)) return NOTHING
  return {
    objects: [invoice],
    apply: (ledger) => {
      const record = { ...ledger.get(invoice) }
      const isNew = record['created'] !== true
      const facts = stepFacts(event, record)
      if (facts.length > 0 || (isNew && record['created'] === true))
        ledger.set(invoice, record, keepFor(record))
      return facts
    },
  }
}

type InvoiceFacts = Omit<InvoiceCreated, 'kind'>

const stepFacts = (event: StripeEnvelope, record: ObjectRecord): Fact[] => {
  const { object } = event
  const details = invoiceDetails(object, strings(record['payments']))
  const state = statusOf(event)
  if (details === undefined || state === undefined) return []
  const whole: InvoiceFacts = known({
    at: event.created,
    eventId: event.id,
    customer: customerOf(object),
    ...details,
  })
  if (record['created'] !== true && isOlderThanMemory(event, details.created))
    takeAsReported(event, state, record)
  const facts: Fact[] = []
  const isFirst = (step: string): boolean => {
    if (record[step] === true) return false
    record[step] = true
    return true
  }
  if (isFirst('created')) facts.push({ kind: 'invoiceCreated', ...whole })
  if (state !== 'draft' && isFirst('finalized')) facts.push({ kind: 'invoiceFinalized', ...whole })
  facts.push(...failureFacts(event, record, whole))
  if ((state === 'void' || state === 'uncollectible') && isFirst('dropped')) {
    facts.push({ kind: 'invoiceDropped', ...whole, uncollectible: state === 'uncollectible' })
  }
  if (state === 'void') record['void'] = true
  if (state === 'paid' && isFirst('paid')) {
    facts.push({ kind: 'invoicePaid', ...whole, outOfBand: isOutOfBand(object) })
  }
  return facts
}

/** One that is given up as uncollectible may still be paid. */
const keepFor = (record: ObjectRecord): Seconds =>
  record['paid'] === true || record['void'] === true ? KEEP_SETTLED : KEEP_OPEN

/** An invoice that began before what is remembered was reported then: the steps it had taken before this event are no news. */
const takeAsReported = (event: StripeEnvelope, state: string, record: ObjectRecord): void => {
  const before = statusBefore(event, state)
  record['created'] = true
  record['finalized'] = before !== 'draft'
  record['dropped'] = before === 'void' || before === 'uncollectible'
  record['void'] = before === 'void'
  record['paid'] = before === 'paid'
}

/** What brings an invoice out of the status it had. */
const STEPS = new Set([
  'invoice.paid',
  'invoice.payment_succeeded',
  'invoice.voided',
  'invoice.marked_uncollectible',
])

const statusBefore = ({ type, previous }: StripeEnvelope, state: string): string => {
  const before = previous?.['status']
  if (typeof before === 'string') return before
  if (type === 'invoice.finalized') return 'draft'
  return STEPS.has(type) ? 'open' : state
}

/** What the events mean whose invoice does not say its status. */
const STATUS_OF_TYPE: ReadonlyMap<string, string> = new Map([
  ['invoice.created', 'draft'],
  ['invoice.finalized', 'open'],
  ['invoice.payment_failed', 'open'],
  ['invoice.finalization_failed', 'draft'],
  ['invoice.paid', 'paid'],
  ['invoice.payment_succeeded', 'paid'],
  ['invoice.voided', 'void'],
  ['invoice.marked_uncollectible', 'uncollectible'],
])

const statusOf = (event: StripeEnvelope): string | undefined => {
  const status = event.object['status']
  if (typeof status === 'string') return status
  return STATUS_OF_TYPE.get(event.type)
}

/** Until basil it says so; since 2026-05 the amount paid elsewhere does, between them nothing. */
const isOutOfBand = (invoice: Fields): boolean =>
  invoice['paid_out_of_band'] === true || (amount(invoice['amount_paid_off_stripe']) ?? 0) > 0

/** A failed attempt, by its number; a failure to finalise, which leaves a draft, once. */
const failureFacts = (event: StripeEnvelope, record: ObjectRecord, whole: InvoiceFacts): InvoiceFailed[] => {
  const { object, type } = event
  if (type !== 'invoice.payment_failed' && type !== 'invoice.finalization_failed') return []
  const attempt = type === 'invoice.payment_failed' ? amount(object['attempt_count']) : undefined
  const mark = attempt ?? (type === 'invoice.payment_failed' ? NO_ATTEMPT : NOT_FINALIZED)
  const attempts = numbers(record['attempts'])
  if (attempts.includes(mark)) return []
  record['attempts'] = remember(attempts, mark, MOST_ATTEMPTS)
  const nextAttempt = time(object['next_payment_attempt'])
  return [known({ kind: 'invoiceFailed' as const, ...whole, attempt, nextAttempt })]
}

/**
 * invoice_payment.*: since basil the only place where a payment intent or charge meets its invoice. No fact of its
 * own, since the charge reports the money and the invoice reports that it is paid; later facts of both name each other.
 */
export const readInvoicePayment = (event: StripeEnvelope): EventReading => {
  const invoice = reference(event.object['invoice'])
  const payment = fields(event.object['payment'])
  const payer = reference(payment?.['payment_intent']) ?? reference(payment?.['charge'])
  if (invoice === undefined || payer === undefined) return NOTHING
  return {
    objects: [invoice, payer],
    apply: (ledger) => {
      const record = ledger.get(invoice)
      const payments = strings(record?.['payments'])
      if (!payments.includes(payer)) {
        ledger.set(
          invoice,
          { ...record, payments: remember(payments, payer, MOST_PAYMENTS) },
          keepFor(record ?? {}),
        )
      }
      const link = ledger.get(payer)
      if (link?.['invoice'] !== invoice) ledger.set(payer, { ...link, invoice }, KEEP_SETTLED)
      return []
    },
  }
}

/** credit_note.created, once for each note. */
export const readCreditNote = (event: StripeEnvelope): EventReading => {
  const { object } = event
  const creditNote = id(object['id'])
  const credited = amount(object['amount'])
  const unit = currency(object['currency'])
  if (creditNote === undefined || credited === undefined || unit === undefined) return NOTHING
  return {
    objects: [creditNote],
    apply: (ledger) => {
      if (ledger.get(creditNote)?.['told'] === true) return []
      ledger.set(creditNote, { told: true }, KEEP_SETTLED)
      return [
        known({
          kind: 'credited' as const,
          ...common(event, customerOf(object)),
          creditNote,
          invoice: reference(object['invoice']),
          amount: credited,
          currency: unit,
        }),
      ]
    },
  }
}

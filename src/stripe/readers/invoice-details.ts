import type { Seconds } from '../../time.ts'
import type { InvoiceDetails } from '../facts.ts'
import {
  amount,
  currency,
  type Fields,
  fields,
  id,
  integer,
  known,
  list,
  reference,
  text,
  time,
} from '../read.ts'

/** Payments of one invoice that a fact names. */
export const MOST_PAYMENTS = 20

/** What every fact about an invoice says; undefined without its id, currency or total. `payments` are those known before. */
export const invoiceDetails = (invoice: Fields, payments: readonly string[]): InvoiceDetails | undefined => {
  const invoiceId = id(invoice['id'])
  const unit = currency(invoice['currency'])
  const total = integer(invoice['total'])
  if (invoiceId === undefined || unit === undefined || total === undefined) return undefined
  const lines = list(invoice['lines'])
  return known({
    invoice: invoiceId,
    currency: unit,
    total,
    created: time(invoice['created']),
    amountDue: integer(invoice['amount_due']),
    amountPaid: amount(invoice['amount_paid']),
    amountRemaining: integer(invoice['amount_remaining']),
    subscription: subscriptionOf(invoice),
    reason: text(invoice['billing_reason']),
    prorated: lines.length > 0 && lines.every(isProration),
    prorations: prorationsOf(invoice, lines, total),
    ...servicePeriod(lines),
    payments: paymentsOf(invoice, payments),
    sendInvoice: invoice['collection_method'] === 'send_invoice',
    dueDate: time(invoice['due_date']),
  })
}

const subscriptionOf = (invoice: Fields): string | undefined =>
  reference(fields(fields(invoice['parent'])?.['subscription_details'])?.['subscription']) ??
  reference(invoice['subscription'])

/** A line says it itself until basil; since then what it belongs to says it. */
const isProration = (line: Fields): boolean => {
  const parent = fields(line['parent'])
  const details = fields(parent?.['subscription_item_details']) ?? fields(parent?.['invoice_item_details'])
  return (details?.['proration'] ?? line['proration']) === true
}

/** In the measure of the total: lines say their amounts before tax and discounts that the whole invoice has. */
function prorationsOf(invoice: Fields, lines: readonly Fields[], total: number): number | undefined {
  if (fields(invoice['lines'])?.['has_more'] === true) return undefined
  const sum = sumOfProrations(lines)
  const subtotal = integer(invoice['subtotal'])
  if (sum === undefined || subtotal === undefined || subtotal * total <= 0) return sum
  return Math.round((sum * total) / subtotal)
}

const sumOfProrations = (lines: readonly Fields[]): number | undefined => {
  const amounts = lines.filter(isProration).map((line) => integer(line['amount']))
  return amounts.length === 0 || amounts.includes(undefined)
    ? undefined
    : amounts.reduce<number>((sum, each) => sum + (each ?? 0), 0)
}

/**
 * The service period that the invoice is for: of its regular lines the one that begins last, since usage is billed
 * for the period before; of several the one that ends first, since then the next payment is due. One-off items
 * have no period: it ends as it begins.
 */
const servicePeriod = (lines: readonly Fields[]): { start: Seconds; end: Seconds } | undefined => {
  let best: { start: Seconds; end: Seconds } | undefined
  for (const line of lines) {
    const period = fields(line['period'])
    const start = time(period?.['start'])
    const end = time(period?.['end'])
    if (start === undefined || end === undefined || end <= start || isProration(line)) continue
    if (best === undefined || start > best.start || (start === best.start && end < best.end))
      best = { start, end }
  }
  return best
}

/** Charges and payment intents that pay it: named by the invoice until basil, since then by its payments where sent. */
const paymentsOf = (invoice: Fields, before: readonly string[]): readonly string[] => {
  const payments = new Set(before)
  const add = (holder: Fields | undefined): void => {
    for (const value of [holder?.['payment_intent'], holder?.['charge']]) {
      const payment = reference(value)
      if (payment !== undefined) payments.add(payment)
    }
  }
  add(invoice)
  for (const payment of list(invoice['payments'])) add(fields(payment['payment']))
  return [...payments].slice(0, MOST_PAYMENTS)
}

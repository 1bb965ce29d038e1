import { DAY, HOUR, type Seconds } from '../time.ts'
import { invoiceBody, invoicePaymentBody } from './bodies/invoice.ts'
import { customerBody } from './bodies/others.ts'
import type { Customer, Decline, Invoice, InvoiceLine, Payment, Subscription } from './entities.ts'
import { pay } from './payments.ts'
import type { World } from './world.ts'

export interface InvoiceDraft {
  customer: Customer
  subscription?: Subscription | undefined
  reason: Invoice['reason']
  currency: string
  lines: InvoiceLine[]
  /** Sent to be paid within so many days, rather than charged. */
  daysUntilDue?: number | undefined
  percentOff?: number
  /** Minor units off, whatever the total is: a coupon may be worth more than the plan. */
  amountOff?: number
}

/** A draft, as it stands before Stripe finalises it. */
export function draftInvoice(world: World, draft: InvoiceDraft): Invoice {
  const subtotal = draft.lines.reduce((sum, line) => sum + line.amount, 0)
  const discount = draft.amountOff ?? Math.round((Math.max(0, subtotal) * (draft.percentOff ?? 0)) / 100)
  const total = subtotal - discount
  const invoice: Invoice = {
    id: `in_1${world.random.letters(23)}`,
    number: `${draft.customer.id.slice(4, 12).toUpperCase()}-${world.random.digits(4)}`,
    customer: draft.customer,
    subscription: draft.subscription,
    reason: draft.reason,
    currency: draft.currency,
    created: world.now,
    finalizedAt: undefined,
    paidAt: undefined,
    voidedAt: undefined,
    status: 'draft',
    lines: draft.lines,
    subtotal,
    discount,
    total,
    startingBalance: draft.customer.balance,
    amountDue: Math.max(0, total),
    amountPaid: 0,
    attempts: 0,
    nextAttempt: undefined,
    dueDate: draft.daysUntilDue === undefined ? undefined : world.now + draft.daysUntilDue * DAY,
    sendInvoice: draft.daysUntilDue !== undefined,
    outOfBand: false,
    charge: undefined,
    intent: undefined,
  }
  const automatic = draft.reason === 'subscription_cycle'
  world.emit('invoice.created', (frame) => invoiceBody(frame, invoice), { automatic })
  return invoice
}

/**
 * The draft becomes an invoice. Credit of the customer is used up first; a total below zero becomes credit, and
 * nothing is due.
 */
export function finalizeInvoice(world: World, invoice: Invoice, automatic = false): void {
  const { customer } = invoice
  const before = customer.balance
  const due = Math.max(0, invoice.total + Math.min(0, before))
  if (invoice.currency === customer.currency) customer.balance = Math.min(0, before) + invoice.total - due
  invoice.startingBalance = before
  invoice.amountDue = due
  invoice.finalizedAt = world.now
  invoice.status = 'open'
  world.emit('invoice.finalized', (frame) => invoiceBody(frame, invoice), { automatic })
  if (customer.balance !== before) {
    world.emit('customer.updated', (frame) => customerBody(frame, customer), {
      automatic,
      previous: { balance: before },
    })
  }
  if (invoice.sendInvoice) world.emit('invoice.sent', (frame) => invoiceBody(frame, invoice), { automatic })
  if (due === 0) tellPaid(world, invoice, automatic)
}

/** Notes that an invoice is settled, and tells it in all the ways that Stripe does. */
export function tellPaid(world: World, invoice: Invoice, automatic = false, payment?: Payment): void {
  invoice.status = 'paid'
  invoice.paidAt = world.now
  invoice.amountPaid = invoice.amountDue
  invoice.nextAttempt = undefined
  invoice.charge = payment?.charge
  invoice.intent = payment?.intent
  world.emit('invoice.updated', (frame) => invoiceBody(frame, invoice), {
    automatic,
    previous: { status: 'open', amount_paid: 0 },
  })
  world.emit('invoice.paid', (frame) => invoiceBody(frame, invoice), { automatic })
  world.emit('invoice.payment_succeeded', (frame) => invoiceBody(frame, invoice), { automatic })
  if (payment && world.shape.invoicePayments) {
    world.emit('invoice_payment.paid', (frame) => invoicePaymentBody(frame, invoice), { automatic })
  }
}

/** Paid by cheque or bank transfer: no charge tells of it. */
export function settleOutOfBand(world: World, invoice: Invoice): void {
  if (invoice.status !== 'open') return
  invoice.outOfBand = true
  tellPaid(world, invoice)
}

export function voidInvoice(world: World, invoice: Invoice): void {
  invoice.status = 'void'
  invoice.voidedAt = world.now
  world.emit('invoice.voided', (frame) => invoiceBody(frame, invoice), { automatic: true })
}

const describe = (invoice: Invoice): string => {
  if (invoice.reason === 'subscription_create') return 'Subscription creation'
  if (invoice.subscription) return 'Subscription update'
  return `Payment for Invoice ${invoice.number}`
}

/** One try to collect an open invoice by card. */
export function collect(
  world: World,
  invoice: Invoice,
  decline: Decline | undefined,
  again?: Payment,
): Payment {
  const { customer } = invoice
  invoice.attempts++
  const automatic = invoice.reason === 'subscription_cycle'
  const payment = pay(world, {
    amount: invoice.amountDue,
    currency: invoice.currency,
    customer,
    card: customer.card,
    description: describe(invoice),
    invoice: invoice.id,
    decline,
    again,
    automatic,
  })
  invoice.charge = payment.charge
  invoice.intent = payment.intent
  if (decline === undefined) {
    tellPaid(world, invoice, automatic, payment)
  } else {
    world.emit('invoice.payment_failed', (frame) => invoiceBody(frame, invoice), { automatic })
  }
  return payment
}

/** Days after the first failure on which Stripe tries again. */
const RETRIES: readonly number[] = [3, 5, 7]

/** What becomes of collecting: paid at some try, or given up after the last. */
export interface Collection {
  paid(): void
  /** After the first failure; `last` once no further try will come. */
  failed(last: boolean): void
}

/**
 * Collects an open invoice with Stripe's retries over the next week; `declines` is the chance that a first try
 * fails, further tries fail more often than not.
 */
export function collectWithRetries(world: World, invoice: Invoice, declines: number, then: Collection): void {
  const started = world.now
  const attempt = (index: number, again: Payment | undefined): void => {
    if (invoice.status !== 'open') return
    const fails = world.random.chance(index === 0 ? declines : 0.6)
    const next = RETRIES[index]
    invoice.nextAttempt = fails && next !== undefined ? started + next * DAY : undefined
    const payment = collect(world, invoice, fails ? world.decline() : undefined, again)
    if (!fails) {
      then.paid()
      return
    }
    then.failed(next === undefined)
    if (next !== undefined)
      world.agenda.add(started + next * DAY + world.random.int(0, HOUR), () => attempt(index + 1, payment))
  }
  attempt(0, undefined)
}

/** A line for whole periods of a subscription. */
export const planLine = (subscription: Subscription, start: Seconds, end: Seconds): InvoiceLine => ({
  description: `${subscription.quantity} × ${subscription.price.nickname}`,
  amount: subscription.price.amount * subscription.quantity,
  quantity: subscription.quantity,
  price: subscription.price,
  proration: false,
  start,
  end,
})

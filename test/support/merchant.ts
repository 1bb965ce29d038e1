import { DAY, MINUTE, type Seconds } from '../../src/time.ts'
import { Checkout } from './checkout.ts'
import type { Json } from './stripe/basics.ts'
import { invoice, invoicePayment, line } from './stripe/invoices.ts'
import { type ItemOptions, subscription } from './stripe/subscriptions.ts'

/** `period` is the one that the invoice's line is for; `prorated`: the line corrects an earlier one. */
export type BillFields = Json & {
  id?: string
  customer?: string
  subscription?: string | null
  total?: number
  currency?: string
  period?: readonly [start: Seconds, end: Seconds]
  prorated?: boolean
}

/** `start` and `end` are those of its period; what it costs stands in its items. */
export type SubscriptionFields = Json & {
  id: string
  items?: readonly ItemOptions[]
  start?: Seconds
  end?: Seconds
}

/** A checkout, and what it bills: invoices and subscriptions, as the events by which one API version tells of them. */
export class Merchant extends Checkout {
  /** An invoice becomes final, and a minute later it is paid: by a charge where it asks for money. */
  billed(at: Seconds, fields: BillFields = {}): Json[] {
    const bill = { id: `in_${this.next()}`, ...fields }
    const { id, customer, total = 2_900, currency = 'usd' } = bill
    const payment_intent = `pi_of_${bill.id}`
    const by = { customer, currency, payment_intent, invoice: id, description: 'Subscription update' }
    const paid = this.event('invoice.paid', at + MINUTE, this.#invoice(at, 'paid', bill), { request: null })
    const charged = total > 0 ? [this.paid(at + MINUTE, { amount: total, ...by })] : []
    const link = invoicePayment({
      invoice: id,
      amount_paid: total,
      currency,
      payment: { type: 'payment_intent', payment_intent },
    })
    const linked =
      total > 0 && this.version > '2025-05-28' ? [this.event('invoice_payment.paid', at + MINUTE, link)] : []
    return [this.finalized(at, bill), ...linked, ...charged, paid]
  }

  drafted(at: Seconds, fields: BillFields = {}): Json {
    return this.event('invoice.created', at, this.#invoice(at, 'draft', fields), { request: null })
  }

  /** An invoice becomes final, and asks for its money. */
  finalized(at: Seconds, fields: BillFields = {}): Json {
    return this.event('invoice.finalized', at, this.#invoice(at, 'open', fields), { request: null })
  }

  voided(at: Seconds, fields: BillFields = {}): Json {
    return this.event('invoice.voided', at, this.#invoice(at, 'void', fields), { request: null })
  }

  /** Bookkeeping marks an invoice, which is paid unless it says otherwise: nothing but its metadata changes. */
  tagged(at: Seconds, fields: BillFields = {}): Json {
    const after = this.#invoice(at, 'paid', { ...fields, metadata: { booked: 'yes' } })
    return this.event('invoice.updated', at, after, { previous: { metadata: {} } })
  }

  /** A renewal could not be collected: its charge and its invoice tell. */
  refused(at: Seconds, fields: BillFields = {}): Json[] {
    const { id, customer, total = 2_900 } = fields
    const bill = { next_payment_attempt: at + 3 * DAY, ...fields }
    return [
      this.declined(at, { customer, amount: total, invoice: id, description: 'Subscription update' }),
      this.event('invoice.payment_failed', at, this.#invoice(at, 'open', bill), { request: null }),
    ]
  }

  /** A subscription begins, active and monthly at 29.00 from `start` to `end`. */
  subscribed(at: Seconds, fields: SubscriptionFields): Json {
    return this.event('customer.subscription.created', at, this.#subscription(fields))
  }

  /** A subscription changes: `previous_attributes` are what it was where it differs, the items as a whole. */
  changed(
    at: Seconds,
    before: SubscriptionFields,
    now: SubscriptionFields,
    by: { request?: unknown } = {},
  ): Json {
    const begun = { created: before['created'] ?? before.start, ...before }
    const after = this.#subscription({ ...begun, ...now })
    const differs = Object.entries(this.#subscription(begun)).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(after[name]),
    )
    return this.event('customer.subscription.updated', at, after, {
      previous: Object.fromEntries(differs),
      ...by,
    })
  }

  ended(at: Seconds, fields: SubscriptionFields): Json {
    const over = this.#subscription({ ...fields, status: 'canceled', canceled_at: at, ended_at: at })
    return this.event('customer.subscription.deleted', at, over, { request: null })
  }

  #subscription({ items = [{}], ...fields }: SubscriptionFields): Json {
    const named = items.map((one, i) => ({ id: `si_${fields.id}_${i}`, ...one }))
    const begun = fields['created'] ?? fields.start
    return subscription(
      { billing_cycle_anchor: begun, created: begun, start_date: begun, ...fields, items: named },
      this.version,
    )
  }

  #invoice(at: Seconds, status: string, { period, prorated = false, ...fields }: BillFields): Json {
    const { total = 2_900, subscription: of = null } = fields
    const [start, end] = period ?? [at, at + 30 * DAY]
    const lines = [line({ amount: total, proration: prorated, subscription: of, start, end }, this.version)]
    return invoice({ created: at, subscription: of, lines, ...fields, status }, this.version)
  }
}

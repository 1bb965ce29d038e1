import { DAY, MINUTE, type Seconds } from '../../src/time.ts'
import { arrivals, daily, seeded } from './rate-facts.ts'
import {
  charge,
  dispute,
  event,
  fraudWarning,
  type ItemOptions,
  invoice,
  invoicePayment,
  type Json,
  line,
  refund,
  setupIntent,
  subscription,
  type Version,
} from './stripe.ts'

/** `card` is a fingerprint, `country` where it was issued; the rest are fields of the charge. */
export type PaymentFields = Json & { card?: string; country?: string }

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

export interface Trade {
  perDay: number
  /** How many payments come on a day of the weekend, against other days. */
  weekend?: number
  /** How much of the usual comes at a moment. */
  factor?: (at: Seconds) => number
  /** Which share of the payments fails. */
  failing?: number
  /** Why they fail, one as often as the other. */
  reasons?: readonly string[]
  amount?: (at: Seconds, random: () => number) => number
  seed?: number
}

/**
 * What happens at a merchant's, as the events by which one API version tells of it. Unless told otherwise each payment
 * is of 29.00 USD, by another customer with another card.
 */
export class Merchant {
  #made = 0

  constructor(readonly version: Version) {}

  event(type: string, at: Seconds, object: Json, over: { previous?: Json; request?: unknown } = {}): Json {
    return event(type, object, { created: at, version: this.version, ...over })
  }

  paid(at: Seconds, fields: PaymentFields = {}): Json {
    return this.event('charge.succeeded', at, this.#charge(at, fields))
  }

  /** A payment that the card's bank refuses with a plain no. */
  declined(at: Seconds, fields: PaymentFields & { reason?: string; code?: string } = {}): Json {
    const { reason = 'do_not_honor', code = 'card_declined', ...rest } = fields
    const outcome = {
      network_status: 'declined_by_network',
      reason,
      risk_level: 'normal',
      type: 'issuer_declined',
    }
    return this.event(
      'charge.failed',
      at,
      this.#charge(at, { status: 'failed', failure_code: code, outcome, ...rest }),
    )
  }

  /** A card that could not even be saved. */
  setupRefused(at: Seconds, card: string): Json {
    const method = { id: `pm_${card}`, object: 'payment_method', type: 'card', card: { fingerprint: card } }
    const last_setup_error = {
      code: 'card_declined',
      decline_code: 'generic_decline',
      payment_method: method,
    }
    return this.event('setup_intent.setup_failed', at, setupIntent({ created: at, last_setup_error }))
  }

  /** A payment of three days ago is given back whole: told of the charge, and since 2024-10-28 of the refund too. */
  refunded(at: Seconds, fields: PaymentFields = {}): Json[] {
    const before = this.#charge(at - 3 * DAY, fields)
    const { id, amount, currency } = before
    const refunds = [refund({ charge: id, amount, currency, created: at })]
    const after = { ...before, amount_refunded: amount, refunded: true }
    const told = this.event(
      'charge.refunded',
      at,
      'refunds' in before ? { ...after, refunds: { object: 'list', data: refunds, has_more: false } } : after,
      {
        previous: { amount_refunded: 0, refunded: false },
      },
    )
    return this.version < '2024-10-28' ? [told] : [this.event('refund.created', at, refunds[0] ?? {}), told]
  }

  /** A dispute and the money it takes along. */
  disputed(at: Seconds, fields: Json = {}): Json[] {
    const n = this.#next()
    const opened = dispute({ id: `dp_${n}`, charge: `ch_disputed_${n}`, created: at, ...fields })
    return [
      this.event('charge.dispute.created', at, opened, { request: null }),
      this.event('charge.dispute.funds_withdrawn', at + 1, opened, { request: null }),
    ]
  }

  warned(at: Seconds, fields: Json = {}): Json {
    const warning = fraudWarning({ charge: `ch_warned_${this.#next()}`, created: at, ...fields })
    return this.event('radar.early_fraud_warning.created', at, warning, { request: null })
  }

  /** Something that says nothing of billing, but that the day has come and events arrive. */
  note(at: Seconds): Json {
    return this.event('product.updated', at, {
      id: `prod_${this.#next()}`,
      object: 'product',
      created: at - DAY,
    })
  }

  notes(from: Seconds, to: Seconds, step: Seconds = DAY): Json[] {
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => this.note(from + i * step))
  }

  /** Ordinary payments from one moment to another, more by day than by night. */
  trade(
    from: Seconds,
    to: Seconds,
    { perDay, weekend = 1, factor = () => 1, failing = 0, reasons = [], ...over }: Trade,
  ): Json[] {
    const random = seeded(over.seed ?? 1)
    const rate = daily(perDay, weekend)
    return arrivals(from, to, (at) => rate(at) * factor(at), random).map((at) => {
      const fields = over.amount === undefined ? {} : { amount: over.amount(at, random) }
      if (random() >= failing) return this.paid(at, fields)
      const reason = reasons[Math.floor(random() * reasons.length)] ?? 'do_not_honor'
      return this.declined(at, { ...fields, reason })
    })
  }

  /** An invoice becomes final, and a minute later it is paid: by a charge where it asks for money. */
  billed(at: Seconds, fields: BillFields = {}): Json[] {
    const bill = { id: `in_${this.#next()}`, ...fields }
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
    const after = this.#subscription({ ...before, ...now })
    const differs = Object.entries(this.#subscription(before)).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(after[name]),
    )
    return this.event('customer.subscription.updated', at, after, {
      previous: Object.fromEntries(differs),
      ...by,
    })
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

  #charge(at: Seconds, { card, country = 'US', ...fields }: PaymentFields): Json {
    const n = this.#next()
    const fingerprint =
      card ?? (typeof fields['customer'] === 'string' ? `card_of_${fields['customer']}` : `card_${n}`)
    return charge(
      {
        customer: `cus_${n}`,
        created: at,
        payment_method_details: {
          type: 'card',
          card: { brand: 'visa', country, fingerprint, funding: 'credit', last4: '4242' },
        },
        ...fields,
      },
      this.version,
    )
  }

  #next(): number {
    this.#made += 1
    return this.#made
  }
}

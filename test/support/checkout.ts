import { DAY, type Seconds } from '../../src/time.ts'
import type { Json } from './stripe/basics.ts'
import { charge, dispute, fraudWarning, refund } from './stripe/charges.ts'
import { event } from './stripe/events.ts'
import { setupIntent } from './stripe/payments.ts'
import type { Version } from './stripe/versions.ts'
import { arrivals, daily, seeded } from './times.ts'

/** `card` is a fingerprint, `country` where it was issued; the rest are fields of the charge. */
export type PaymentFields = Json & { card?: string; country?: string }

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
 * Payments and what becomes of them, as the events by which one API version tells of them. Unless told otherwise each
 * payment is of 29.00 USD, by another customer with another card.
 */
export class Checkout {
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

  /** A bank debit is sent, and days later it is paid or comes back. */
  debited(at: Seconds, answer: { at: Seconds; failed?: boolean }, fields: PaymentFields = {}): Json[] {
    const n = this.next()
    const method = {
      type: 'sepa_debit',
      sepa_debit: { bank_code: 'x', country: 'DE', fingerprint: `iban_${n}` },
    }
    const sent = {
      id: `py_${n}`,
      customer: `cus_${n}`,
      created: at,
      payment_intent: `pi_debit_${n}`,
      ...fields,
    }
    const same = { ...sent, payment_method_details: method }
    const pending = this.#charge(at, { ...same, status: 'pending', paid: false, captured: true })
    const answered = answer.failed
      ? this.declined(answer.at, { ...same, code: 'insufficient_funds', reason: 'insufficient_funds' })
      : this.paid(answer.at, same)
    return [this.event('charge.pending', at, pending, { request: null }), answered]
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
    const given = refund({ charge: id, amount, currency, created: at })
    const listed = 'refunds' in before ? { refunds: { object: 'list', data: [given], has_more: false } } : {}
    const after = { ...before, ...listed, amount_refunded: amount, refunded: true }
    const previous = { amount_refunded: 0, refunded: false }
    const told = this.event('charge.refunded', at, after, { previous })
    return this.version < '2024-10-28' ? [told] : [this.event('refund.created', at, given), told]
  }

  /** A dispute and the money it takes along. */
  disputed(at: Seconds, fields: Json = {}): Json[] {
    const n = this.next()
    const opened = dispute({ id: `dp_${n}`, charge: `ch_disputed_${n}`, created: at, ...fields })
    return [
      this.event('charge.dispute.created', at, opened, { request: null }),
      this.event('charge.dispute.funds_withdrawn', at + 1, opened, { request: null }),
    ]
  }

  warned(at: Seconds, fields: Json = {}): Json {
    const warning = fraudWarning({ charge: `ch_warned_${this.next()}`, created: at, ...fields })
    return this.event('radar.early_fraud_warning.created', at, warning, { request: null })
  }

  /** Something that says nothing of billing, but that the day has come and events arrive. */
  note(at: Seconds): Json {
    return this.event('product.updated', at, {
      id: `prod_${this.next()}`,
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

  #charge(at: Seconds, { card, country = 'US', ...fields }: PaymentFields): Json {
    const n = this.next()
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

  /** A number that was not given yet. */
  protected next(): number {
    this.#made += 1
    return this.#made
  }
}

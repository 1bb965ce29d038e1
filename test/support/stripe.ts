import { createHmac } from 'node:crypto'

/**
 * Stripe objects and events as each API version renders them, small but with the fields and nulls that real ones
 * have. Every builder takes what differs from an ordinary case and the version; whatever it is given beyond what it
 * knows is laid on top, so that any odd shape can be made.
 */
export type Json = Record<string, unknown>

export const VERSIONS = [
  '2020-03-02',
  '2022-08-01',
  '2022-11-15',
  '2024-06-20',
  '2025-03-31.basil',
  '2025-09-30.clover',
  '2026-10-28.endive',
] as const
export type Version = (typeof VERSIONS)[number]
export const NEWEST: Version = '2026-10-28.endive'

/** Version names begin with their date, so text order is their order. */
const since = (version: Version, date: string): boolean => version >= date
const basil = (version: Version): boolean => since(version, '2025-03-31')

/** 2025-06-01T00:00:00Z, when everything happens unless told otherwise. */
export const START = 1_748_736_000
const MONTH = 30 * 86_400

let made = 0
const fresh = (prefix: string): string => {
  made += 1
  return `${prefix}_${String(made).padStart(8, '0')}`
}

export interface EventOptions {
  id?: string
  created?: number
  version?: Version | null
  livemode?: boolean
  account?: string
  /** `request` as it stands; default: an API call with a key. */
  request?: unknown
  previous?: Json
}

/** A snapshot event about `object`. */
export const event = (type: string, object: Json, options: EventOptions = {}): Json => ({
  id: options.id ?? fresh('evt'),
  object: 'event',
  ...(options.account === undefined ? {} : { account: options.account }),
  api_version: options.version === undefined ? NEWEST : options.version,
  created: options.created ?? START,
  data: options.previous === undefined ? { object } : { object, previous_attributes: options.previous },
  livemode: options.livemode ?? true,
  pending_webhooks: 1,
  request:
    options.request === undefined ? { id: fresh('req'), idempotency_key: fresh('key') } : options.request,
  type,
})

/** A thin event of Stripe's second API: no object, its time as text. */
export const thinEvent = (fields: Json = {}): Json => ({
  id: fresh('evt'),
  object: 'v2.core.event',
  type: 'v1.charge.succeeded',
  created: '2025-06-01T00:00:00.000Z',
  livemode: true,
  context: null,
  reason: null,
  related_object: { id: 'ch_thin', type: 'charge', url: '/v1/charges/ch_thin' },
  ...fields,
})

/** The event's body as Stripe sends it: pretty-printed with two spaces. */
export const body = (value: Json): string => JSON.stringify(value, null, 2)

/** The `stripe-signature` header for a body. */
export const sign = (text: string, secret: string, at: number): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')}`

const list = (data: readonly unknown[], hasMore = false): Json => ({
  object: 'list',
  data,
  has_more: hasMore,
  url: '/v1/list',
})

/** A captured card payment of 29.00 USD by cus_1; `refunds` (array) and `invoice` go where the version has them. */
export const charge = (fields: Json = {}, version: Version = NEWEST): Json => {
  const { invoice = null, refunds = [], ...rest } = fields
  const amount = typeof rest['amount'] === 'number' ? rest['amount'] : 2900
  const failed = rest['status'] === 'failed'
  const captured = rest['captured'] ?? !failed
  return {
    id: fresh('ch'),
    object: 'charge',
    amount,
    ...(since(version, '2020-08-27') ? { amount_captured: captured ? amount : 0 } : {}),
    amount_refunded: 0,
    balance_transaction: failed ? null : fresh('txn'),
    billing_details: { address: null, email: null, name: 'Ana Lúcia', phone: null },
    captured,
    created: START,
    currency: 'usd',
    customer: 'cus_1',
    description: null,
    disputed: false,
    failure_code: failed ? 'card_declined' : null,
    failure_message: failed ? 'Your card was declined.' : null,
    ...(basil(version) ? {} : { invoice }),
    livemode: true,
    metadata: {},
    outcome: {
      network_status: failed ? 'declined_by_network' : 'approved_by_network',
      reason: failed ? 'insufficient_funds' : null,
      risk_level: 'normal',
      type: failed ? 'issuer_declined' : 'authorized',
    },
    paid: !failed,
    payment_intent: fresh('pi'),
    payment_method_details: {
      type: 'card',
      card: {
        brand: 'visa',
        checks: { cvc_check: 'pass' },
        country: 'US',
        fingerprint: 'card_1',
        funding: 'credit',
        last4: '4242',
      },
    },
    refunded: false,
    ...(since(version, '2022-11-15') ? {} : { refunds: list(Array.isArray(refunds) ? refunds : []) }),
    status: 'succeeded',
    ...rest,
  }
}

export const refund = (fields: Json = {}): Json => ({
  id: fresh('re'),
  object: 'refund',
  amount: 1000,
  charge: 'ch_1',
  created: START,
  currency: 'usd',
  metadata: {},
  payment_intent: 'pi_1',
  reason: null,
  status: 'succeeded',
  ...fields,
})

export const dispute = (fields: Json = {}): Json => ({
  id: fresh('dp'),
  object: 'dispute',
  amount: 2900,
  balance_transactions: [],
  charge: 'ch_1',
  created: START,
  currency: 'usd',
  evidence_details: { due_by: START + 7 * 86_400, has_evidence: false, past_due: false, submission_count: 0 },
  is_charge_refundable: false,
  livemode: true,
  metadata: {},
  payment_intent: 'pi_1',
  reason: 'fraudulent',
  status: 'needs_response',
  ...fields,
})

export const fraudWarning = (fields: Json = {}): Json => ({
  id: fresh('issfr'),
  object: 'radar.early_fraud_warning',
  actionable: true,
  charge: 'ch_1',
  created: START,
  fraud_type: 'made_with_stolen_card',
  livemode: true,
  payment_intent: 'pi_1',
  ...fields,
})

/** A refused payment; `charge` names its charge where the version has it, null when there was none. */
export const paymentIntent = (fields: Json = {}, version: Version = NEWEST): Json => {
  const { charge: made = null, ...rest } = fields
  return {
    id: fresh('pi'),
    object: 'payment_intent',
    amount: 2900,
    amount_received: 0,
    ...(since(version, '2022-11-15')
      ? { latest_charge: made }
      : { charges: list(made === null ? [] : [made]) }),
    created: START,
    currency: 'usd',
    customer: 'cus_1',
    ...(basil(version) ? {} : { invoice: null }),
    last_payment_error: { code: 'payment_intent_authentication_failure', type: 'invalid_request_error' },
    livemode: true,
    metadata: {},
    status: 'requires_payment_method',
    ...rest,
  }
}

export const setupIntent = (fields: Json = {}): Json => ({
  id: fresh('seti'),
  object: 'setup_intent',
  created: START,
  customer: null,
  last_setup_error: {
    code: 'card_declined',
    decline_code: 'generic_decline',
    type: 'card_error',
    payment_method: {
      id: 'pm_1',
      object: 'payment_method',
      type: 'card',
      card: { brand: 'visa', country: 'FR', fingerprint: 'card_9', funding: 'debit' },
    },
  },
  livemode: true,
  status: 'requires_payment_method',
  ...fields,
})

export interface LineOptions {
  amount?: number
  proration?: boolean
  subscription?: string | null
  price?: string
  start?: number
  end?: number
}

/** An invoice line: the price and what it belongs to stand elsewhere since basil. */
export const line = (options: LineOptions = {}, version: Version = NEWEST): Json => {
  const { amount = 2900, proration = false, subscription = 'sub_1', price = 'price_1' } = options
  const common = {
    id: fresh('il'),
    object: 'line_item',
    amount,
    currency: 'usd',
    period: { start: options.start ?? START, end: options.end ?? START + MONTH },
    quantity: 1,
  }
  if (basil(version)) {
    return {
      ...common,
      parent:
        subscription === null
          ? { type: 'invoice_item_details', invoice_item_details: { proration, subscription: null } }
          : {
              type: 'subscription_item_details',
              subscription_item_details: { proration, subscription, subscription_item: 'si_1' },
            },
      pricing: {
        type: 'price_details',
        price_details: { price, product: 'prod_1' },
        unit_amount_decimal: '2900',
      },
    }
  }
  return {
    ...common,
    price: { id: price, object: 'price', unit_amount: amount },
    plan: null,
    proration,
    subscription,
    subscription_item: 'si_1',
    type: subscription === null ? 'invoiceitem' : 'subscription',
  }
}

/** A renewal invoice of 29.00, paid unless `status` says otherwise; `lines` is an array of lines. */
export const invoice = (fields: Json = {}, version: Version = NEWEST): Json => {
  const {
    subscription = 'sub_1',
    charge: paidBy = null,
    payment_intent: intent = null,
    lines,
    ...rest
  } = fields
  const total = typeof rest['total'] === 'number' ? rest['total'] : 2900
  const status = rest['status'] ?? 'paid'
  const paid = status === 'paid'
  return {
    id: fresh('in'),
    object: 'invoice',
    amount_due: Math.max(0, total),
    amount_paid: paid ? Math.max(0, total) : 0,
    amount_remaining: paid ? 0 : Math.max(0, total),
    attempt_count: 1,
    attempted: true,
    billing_reason: 'subscription_cycle',
    collection_method: 'charge_automatically',
    created: START,
    currency: 'usd',
    customer: 'cus_1',
    due_date: null,
    lines:
      lines === undefined
        ? list([line({ amount: total, subscription: String(subscription) }, version)])
        : Array.isArray(lines)
          ? list(lines)
          : lines,
    livemode: true,
    metadata: {},
    next_payment_attempt: null,
    period_end: START,
    period_start: START - MONTH,
    starting_balance: 0,
    status,
    subtotal: total,
    total,
    ...(basil(version)
      ? {
          parent:
            subscription === null
              ? null
              : {
                  type: 'subscription_details',
                  quote_details: null,
                  subscription_details: { metadata: {}, subscription },
                },
        }
      : { subscription, charge: paidBy, payment_intent: intent, paid, paid_out_of_band: false }),
    ...rest,
  }
}

export const invoicePayment = (fields: Json = {}): Json => ({
  id: fresh('inpay'),
  object: 'invoice_payment',
  amount_paid: 2900,
  amount_requested: 2900,
  created: START,
  currency: 'usd',
  invoice: 'in_1',
  is_default: true,
  livemode: true,
  payment: { type: 'payment_intent', payment_intent: 'pi_1' },
  status: 'paid',
  ...fields,
})

export interface ItemOptions {
  id?: string
  /** Minor units; null: tiered or metered by fraction. */
  unit?: number | null
  quantity?: number | undefined
  currency?: string
  interval?: string
  count?: number
  usage?: 'licensed' | 'metered'
  start?: number
  end?: number
}

/** A subscription item with its price, or its plan alone before April 2020, and its own period since basil. */
export const item = (options: ItemOptions = {}, version: Version = NEWEST): Json => {
  const { unit = 2900, currency = 'usd', interval = 'month', count = 1, usage = 'licensed' } = options
  const metered = usage === 'metered'
  const plan = {
    id: 'price_1',
    object: 'plan',
    amount: unit,
    currency,
    interval,
    interval_count: count,
    usage_type: usage,
  }
  const price = {
    id: 'price_1',
    object: 'price',
    currency,
    recurring: { interval, interval_count: count, usage_type: usage },
    unit_amount: unit,
    unit_amount_decimal: unit === null ? '0.05' : String(unit),
  }
  return {
    id: options.id ?? fresh('si'),
    object: 'subscription_item',
    created: START,
    plan,
    ...(since(version, '2020-08-27') ? { price } : {}),
    ...(metered ? {} : { quantity: options.quantity ?? 1 }),
    ...(basil(version)
      ? {
          current_period_start: options.start ?? START,
          current_period_end: options.end ?? START + MONTH,
        }
      : {}),
  }
}

/** An active monthly subscription at 29.00 with one seat; `items` are `ItemOptions`, `start` and `end` its period. */
export const subscription = (
  fields: Json & { items?: readonly ItemOptions[]; start?: number; end?: number } = {},
  version: Version = NEWEST,
): Json => {
  const { items = [{}], start = START, end = START + MONTH, ...rest } = fields
  return {
    id: fresh('sub'),
    object: 'subscription',
    billing_cycle_anchor: start,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    collection_method: 'charge_automatically',
    created: START,
    ...(since(version, '2022-08-01') ? { currency: items[0]?.currency ?? 'usd' } : {}),
    customer: 'cus_1',
    days_until_due: null,
    ended_at: null,
    items: list(items.map((options) => item({ start, end, ...options }, version))),
    latest_invoice: 'in_1',
    livemode: true,
    metadata: {},
    pause_collection: null,
    schedule: null,
    start_date: start,
    status: 'active',
    trial_end: null,
    trial_start: null,
    ...(basil(version) ? {} : { current_period_start: start, current_period_end: end }),
    ...rest,
  }
}

export const creditNote = (fields: Json = {}): Json => ({
  id: fresh('cn'),
  object: 'credit_note',
  amount: 500,
  created: START,
  currency: 'usd',
  customer: 'cus_1',
  invoice: 'in_1',
  livemode: true,
  status: 'issued',
  type: 'post_payment',
  ...fields,
})

export const checkoutSession = (fields: Json = {}): Json => ({
  id: fresh('cs'),
  object: 'checkout.session',
  amount_total: 2900,
  created: START,
  currency: 'usd',
  customer: null,
  livemode: true,
  mode: 'payment',
  payment_intent: 'pi_1',
  payment_status: 'paid',
  status: 'complete',
  subscription: null,
  ...fields,
})

export const customer = (fields: Json = {}): Json => ({
  id: fresh('cus'),
  object: 'customer',
  balance: 0,
  created: START,
  currency: 'usd',
  delinquent: false,
  email: 'ana@example.com',
  livemode: true,
  metadata: {},
  ...fields,
})

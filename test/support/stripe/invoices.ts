import { fresh, type Json, list, MONTH, START } from './basics.ts'
import { basil, NEWEST, type Version } from './versions.ts'

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

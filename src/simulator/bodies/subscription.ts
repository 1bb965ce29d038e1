import type { Price, Subscription } from '../entities.ts'
import { type Body, type Frame, list, orNull } from './body.ts'

/** The old `plan`, which events carry beside the price to this day. */
export const planBody = (frame: Frame, price: Price): Body => ({
  id: price.id,
  object: 'plan',
  active: true,
  aggregate_usage: null,
  amount: price.amount,
  amount_decimal: String(price.amount),
  billing_scheme: 'per_unit',
  created: 1_577_836_800,
  currency: price.currency,
  interval: price.interval,
  interval_count: price.count,
  livemode: frame.livemode,
  metadata: {},
  nickname: price.nickname,
  product: price.product,
  tiers_mode: null,
  transform_usage: null,
  trial_period_days: null,
  usage_type: 'licensed',
})

export const priceBody = (frame: Frame, price: Price): Body => ({
  id: price.id,
  object: 'price',
  active: true,
  billing_scheme: 'per_unit',
  created: 1_577_836_800,
  currency: price.currency,
  custom_unit_amount: null,
  livemode: frame.livemode,
  lookup_key: null,
  metadata: {},
  nickname: price.nickname,
  product: price.product,
  recurring: {
    aggregate_usage: null,
    interval: price.interval,
    interval_count: price.count,
    trial_period_days: null,
    usage_type: 'licensed',
  },
  tax_behavior: 'unspecified',
  tiers_mode: null,
  transform_quantity: null,
  type: 'recurring',
  unit_amount: price.amount,
  unit_amount_decimal: String(price.amount),
})

/** One item, also as `previous_attributes.items.data` holds it. */
export function itemBody(frame: Frame, subscription: Subscription): Body {
  const body: Body = {
    id: subscription.item,
    object: 'subscription_item',
    billing_thresholds: null,
    created: subscription.created,
    metadata: {},
    plan: planBody(frame, subscription.price),
    price: priceBody(frame, subscription.price),
    quantity: subscription.quantity,
    subscription: subscription.id,
    tax_rates: [],
  }
  if (frame.shape.basil) {
    body.current_period_start = subscription.start
    body.current_period_end = subscription.end
    body.discounts = []
  }
  return body
}

function discountBody(frame: Frame, subscription: Subscription): Body {
  const coupon: Body = {
    id: `OFF${subscription.percentOff}`,
    object: 'coupon',
    amount_off: null,
    created: 1_577_836_800,
    currency: null,
    duration: 'forever',
    livemode: frame.livemode,
    name: `${subscription.percentOff}% off`,
    percent_off: subscription.percentOff,
    valid: true,
  }
  return {
    id: `di_${subscription.id.slice(4)}`,
    object: 'discount',
    ...(frame.shape.discountSource ? { source: { coupon: coupon.id, type: 'coupon' } } : { coupon }),
    customer: subscription.customer.id,
    end: null,
    start: subscription.created,
    subscription: subscription.id,
  }
}

export function subscriptionBody(frame: Frame, subscription: Subscription): Body {
  const discounted = subscription.percentOff > 0
  const body: Body = {
    id: subscription.id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: subscription.anchor,
    cancel_at: subscription.cancelAtEnd ? subscription.end : null,
    cancel_at_period_end: subscription.cancelAtEnd,
    canceled_at: orNull(subscription.canceledAt),
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: subscription.sendInvoice ? 'send_invoice' : 'charge_automatically',
    created: subscription.created,
    currency: subscription.price.currency,
    customer: subscription.customer.id,
    days_until_due: subscription.daysUntilDue ?? null,
    default_payment_method: subscription.sendInvoice ? null : subscription.customer.card.id,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: discounted ? [`di_${subscription.id.slice(4)}`] : [],
    ended_at: subscription.status === 'canceled' ? orNull(subscription.canceledAt) : null,
    items: list(`/v1/subscription_items?subscription=${subscription.id}`, [itemBody(frame, subscription)]),
    latest_invoice: subscription.latestInvoice ?? null,
    livemode: frame.livemode,
    metadata: {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: subscription.paused ? { behavior: 'void', resumes_at: null } : null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    plan: planBody(frame, subscription.price),
    quantity: subscription.quantity,
    schedule: subscription.schedule ?? null,
    start_date: subscription.created,
    status: subscription.status,
    test_clock: null,
    transfer_data: null,
    trial_end: orNull(subscription.trialEnd),
    trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
    trial_start: subscription.trialEnd === undefined ? null : subscription.created,
  }
  if (frame.shape.basil) {
    body.billing_mode = { type: frame.shape.discountSource ? 'flexible' : 'classic' }
  } else {
    body.current_period_start = subscription.start
    body.current_period_end = subscription.end
    body.discount = discounted ? discountBody(frame, subscription) : null
  }
  return body
}

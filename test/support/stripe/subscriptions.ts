import { fresh, type Json, list, MONTH, START } from './basics.ts'
import { basil, NEWEST, since, type Version } from './versions.ts'

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

import type { Seconds } from '../../time.ts'
import type { SubscriptionDetails } from '../facts.ts'
import { amount, currency, type Fields, fields, list, time } from '../read.ts'

type Interval = NonNullable<SubscriptionDetails['interval']>

/** What a subscription's items come to, before discounts and tax; what any item leaves unknown is absent. */
export interface SubscriptionValue {
  currency: string | undefined
  interval: Interval | undefined
  count: number | undefined
  price: number | undefined
  monthly: number | undefined
  seats: number | undefined
  /** Period of the item that ends first; only since basil. */
  start: Seconds | undefined
  end: Seconds | undefined
}

/** How many months are in one interval: a month is a twelfth of 365 days. */
const INTERVALS_A_MONTH: ReadonlyMap<unknown, [Interval, number]> = new Map<unknown, [Interval, number]>([
  ['day', ['day', 365 / 12]],
  ['week', ['week', 365 / 84]],
  ['month', ['month', 1]],
  ['year', ['year', 1 / 12]],
])

interface Item {
  /** Metered items have no quantity and add nothing. */
  metered: boolean
  unit: number | undefined
  quantity: number | undefined
  currency: string | undefined
  interval: Interval | undefined
  count: number
  monthsFactor: number
  start: Seconds | undefined
  end: Seconds | undefined
}

/** Price first, then the plan that it replaced in April 2020. */
const readItem = (item: Fields): Item => {
  const price = fields(item['price'])
  const plan = fields(item['plan'])
  const recurring = fields(price?.['recurring']) ?? plan
  const interval = INTERVALS_A_MONTH.get(recurring?.['interval'])
  const count = amount(whenMissing(recurring?.['interval_count'], 1))
  const usage = recurring === undefined ? undefined : whenMissing(recurring['usage_type'], 'licensed')
  const unit = amount(whenMissing(price?.['unit_amount'], plan?.['amount']))
  return {
    metered: usage === 'metered',
    unit: usage === 'licensed' || usage === 'metered' ? unit : undefined,
    quantity: amount(whenMissing(item['quantity'], usage === 'licensed' ? 1 : undefined)),
    currency: currency(price?.['currency']) ?? currency(plan?.['currency']),
    interval: count === undefined || count === 0 ? undefined : interval?.[0],
    count: count ?? 0,
    monthsFactor: interval?.[1] ?? 0,
    start: time(item['current_period_start']),
    end: time(item['current_period_end']),
  }
}

/** A field that is null says that it has no value: that is not the same as one that was left out. */
const whenMissing = (field: unknown, instead: unknown): unknown => (field === undefined ? instead : field)

/**
 * The value of a subscription's `items` list. A list that goes on beyond what was sent has no known value, nor has one
 * of prices that are stated in another currency than the subscription is billed in.
 */
export const valueOfItems = (items: unknown, billedIn: string | undefined): SubscriptionValue => {
  const data = fields(items)?.['data']
  const all = list(items).map(readItem)
  const first = all.reduce<Item | undefined>(earlier, undefined)
  const sent = Array.isArray(data) && data.length > 0 && data.length === all.length
  const complete = sent && fields(items)?.['has_more'] !== true
  const licensed = all.filter((item) => !item.metered)
  const unit = billedIn ?? first?.currency
  const inUnit = unit !== undefined && all.every((item) => item.currency === unit)
  const priced = complete && inUnit && all.every(isPriced)
  const samePeriod = licensed.filter(
    (item) => item.interval === first?.interval && item.count === first?.count,
  )
  return {
    currency: inUnit ? unit : undefined,
    interval: first?.interval,
    count: first?.interval === undefined ? undefined : first.count,
    price: priced ? sum(samePeriod, periodPrice) : undefined,
    monthly: priced ? sum(licensed, monthlyPrice) : undefined,
    seats:
      complete && licensed.every((item) => item.quantity !== undefined)
        ? sum(licensed, (item) => item.quantity ?? 0)
        : undefined,
    start: first?.start,
    end: first?.end,
  }
}

/** The item that renews next gives the period; items without a period of their own keep their order. */
const earlier = (one: Item | undefined, other: Item): Item => {
  if (one === undefined) return other
  if (other.end === undefined) return one
  return one.end === undefined || other.end < one.end ? other : one
}

const isPriced = (item: Item): boolean =>
  item.unit !== undefined &&
  item.interval !== undefined &&
  (item.metered || (item.quantity !== undefined && Number.isSafeInteger(item.unit * item.quantity)))

const periodPrice = (item: Item): number => (item.unit ?? 0) * (item.quantity ?? 0)
const monthlyPrice = (item: Item): number => (periodPrice(item) * item.monthsFactor) / item.count

const sum = (items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/**
 * The `items` list before a change: given whole, or, where a version only gives the single plan and quantity that
 * changed, the present item with those put back. Undefined when neither changed.
 */
export const itemsBefore = (subscription: Fields, previous: Fields): unknown => {
  if (Array.isArray(fields(previous['items'])?.['data'])) return previous['items']
  const plan = fields(previous['plan'])
  const quantity = previous['quantity']
  if (plan === undefined && quantity === undefined) return undefined
  const items = list(subscription['items'])
  const only = items.length === 1 ? items[0] : undefined
  if (only === undefined) return undefined
  const { price, ...item } = only
  return {
    data: [
      {
        ...item,
        ...(plan === undefined
          ? { price }
          : { plan: { ...asPlan(price), ...fields(only['plan']), ...plan } }),
        ...(quantity == null ? {} : { quantity }),
      },
    ],
  }
}

/** A price in the words of a plan. */
const asPlan = (value: unknown): Fields => {
  const price = fields(value)
  return { amount: price?.['unit_amount'], currency: price?.['currency'], ...fields(price?.['recurring']) }
}

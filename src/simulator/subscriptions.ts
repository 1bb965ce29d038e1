import { DAY, HOUR, type Seconds } from '../time.ts'
import type { Body } from './bodies/body.ts'
import { itemBody, planBody, subscriptionBody } from './bodies/subscription.ts'
import { periodEnd } from './calendar.ts'
import type { Customer, Invoice, Price, Subscription } from './entities.ts'
import {
  collect,
  collectWithRetries,
  draftInvoice,
  finalizeInvoice,
  planLine,
  settleOutOfBand,
  voidInvoice,
} from './invoices.ts'
import type { World } from './world.ts'

export interface SubscriptionOrder {
  customer: Customer
  price: Price
  quantity?: number
  trialDays?: number | undefined
  daysUntilDue?: number | undefined
  percentOff?: number
  /** The first period ends here, rather than a whole interval later. */
  anchor?: Seconds
}

/** A subscription that began at `created`; its periods are counted from there. Nothing is told of it yet. */
export function makeSubscription(world: World, order: SubscriptionOrder, created: Seconds): Subscription {
  const trialEnd = order.trialDays === undefined ? undefined : created + order.trialDays * DAY
  const subscription: Subscription = {
    id: `sub_1${world.random.letters(23)}`,
    item: `si_${world.random.letters(14)}`,
    customer: order.customer,
    price: order.price,
    quantity: order.quantity ?? 1,
    status: trialEnd === undefined ? 'active' : 'trialing',
    created,
    start: created,
    end: trialEnd ?? order.anchor ?? periodEnd(order.price, created, created),
    anchor: trialEnd ?? order.anchor ?? created,
    trialEnd,
    sendInvoice: order.daysUntilDue !== undefined,
    daysUntilDue: order.daysUntilDue,
    cancelAtEnd: false,
    canceledAt: undefined,
    paused: false,
    percentOff: order.percentOff ?? 0,
    schedule: undefined,
    latestInvoice: undefined,
    owing: 0,
    pending: [],
    paysWithin: [3, 27],
  }
  world.subscriptions.set(subscription.id, subscription)
  return subscription
}

/** Changes a subscription and tells it, with the old values beside. */
export function updateSubscription(
  world: World,
  subscription: Subscription,
  change: Partial<Subscription>,
  automatic = false,
): void {
  const old = { ...subscription }
  Object.assign(subscription, change)
  world.emit('customer.subscription.updated', (frame) => subscriptionBody(frame, subscription), {
    automatic,
    previous: previousAttributes(world, old, subscription),
  })
}

/** What the change replaced; items are told with the whole old array, and hold the period since basil. */
function previousAttributes({ shape }: World, old: Subscription, subscription: Subscription): Body {
  const changed: Body = {}
  if (old.status !== subscription.status) changed.status = old.status
  if (old.latestInvoice !== subscription.latestInvoice) changed.latest_invoice = old.latestInvoice ?? null
  if (old.cancelAtEnd !== subscription.cancelAtEnd) {
    changed.cancel_at_period_end = old.cancelAtEnd
    changed.cancel_at = null
    changed.canceled_at = null
  }
  if (old.paused !== subscription.paused) changed.pause_collection = old.paused ? { behavior: 'void' } : null
  if (old.anchor !== subscription.anchor) changed.billing_cycle_anchor = old.anchor
  if (old.schedule !== subscription.schedule) changed.schedule = old.schedule ?? null
  const rolled = old.start !== subscription.start || old.end !== subscription.end
  const repriced = old.price.id !== subscription.price.id || old.quantity !== subscription.quantity
  if (rolled && !shape.basil) {
    changed.current_period_start = old.start
    changed.current_period_end = old.end
  }
  const frame = { shape, livemode: true }
  if (repriced || (rolled && shape.basil)) changed.items = { data: [itemBody(frame, old)] }
  if (repriced) changed.plan = planBody(frame, old.price)
  if (old.quantity !== subscription.quantity) changed.quantity = old.quantity
  return changed
}

/** Begins a subscription at the checkout: with a trial nothing is charged yet, else the first invoice is paid at once. */
export function subscribe(world: World, order: SubscriptionOrder): Subscription {
  const subscription = makeSubscription(world, order, world.now)
  const trial = subscription.status === 'trialing'
  const charged = !trial && !subscription.sendInvoice
  if (charged) subscription.status = 'incomplete'
  world.emit('customer.subscription.created', (frame) => subscriptionBody(frame, subscription))
  const { price, start, end } = subscription
  const line = planLine(subscription, start, end)
  if (order.anchor !== undefined) line.amount = Math.round(line.amount * ((end - start) / (30.4 * DAY)))
  if (trial) Object.assign(line, { amount: 0, description: `Trial period for ${price.nickname}` })
  const invoice = draftInvoice(world, {
    customer: subscription.customer,
    subscription,
    reason: 'subscription_create',
    currency: price.currency,
    lines: [line],
    percentOff: subscription.percentOff,
    daysUntilDue: trial ? undefined : subscription.daysUntilDue,
  })
  finalizeInvoice(world, invoice)
  if (charged) {
    if (invoice.status === 'open') collect(world, invoice, undefined)
    updateSubscription(world, subscription, { status: 'active', latestInvoice: invoice.id })
  } else if (invoice.status === 'open') {
    payByTransfer(world, invoice, subscription)
  }
  if (trial) {
    world.agenda.add(end - 3 * DAY, () => {
      if (subscription.status !== 'trialing') return
      world.emit('customer.subscription.trial_will_end', (frame) => subscriptionBody(frame, subscription), {
        automatic: true,
      })
    })
  }
  renewAtEnd(world, subscription)
  return subscription
}

/** Sent invoices are paid some days later, one in three outside Stripe. */
function payByTransfer(world: World, invoice: Invoice, { paysWithin }: Subscription): void {
  world.later(world.random.between(...paysWithin) * DAY, () => {
    if (world.random.chance(0.33)) settleOutOfBand(world, invoice)
    else if (invoice.status === 'open') collect(world, invoice, undefined)
  })
}

/** Whether the subscription is to go on as the period ends. */
const ended = ({ status }: Subscription): boolean => status === 'canceled' || status === 'unpaid'

/** Plans the renewal at the end of the present period, unless the period is another by then. */
export function renewAtEnd(world: World, subscription: Subscription): void {
  const { end } = subscription
  world.agenda.add(end, () => {
    if (!ended(subscription) && subscription.end === end) renew(world, subscription)
  })
}

export interface Renewal {
  /** Where the new period begins; it should be where the old one ended. */
  at?: Seconds
  /** Seconds from draft to invoice; Stripe takes an hour. */
  draftFor?: Seconds
  /** The invoice stays a draft for ever. */
  stuck?: boolean
  /** A coupon in minor units. */
  amountOff?: number
}

/** Turns the period: the subscription moves on, a draft is made, an hour later it is an invoice and is collected. */
export function renew(world: World, subscription: Subscription, renewal: Renewal = {}): Invoice | undefined {
  if (subscription.cancelAtEnd) {
    cancel(world, subscription)
    return undefined
  }
  const start = renewal.at ?? subscription.end
  const end = periodEnd(subscription.price, subscription.anchor, start)
  const invoice = draftInvoice(world, {
    customer: subscription.customer,
    reason: 'subscription_cycle',
    currency: subscription.price.currency,
    lines: [...subscription.pending.splice(0), planLine(subscription, start, end)],
    subscription,
    percentOff: subscription.percentOff,
    ...(renewal.amountOff === undefined ? {} : { amountOff: renewal.amountOff }),
    daysUntilDue: subscription.daysUntilDue,
  })
  const status = subscription.status === 'trialing' ? 'active' : subscription.status
  updateSubscription(world, subscription, { start, end, status, latestInvoice: invoice.id }, true)
  renewAtEnd(world, subscription)
  if (renewal.stuck !== true) {
    world.later(renewal.draftFor ?? HOUR + world.random.int(0, 300), () => bill(world, subscription, invoice))
  }
  return invoice
}

/** Finalises and collects the invoice of a renewal. */
export function bill(world: World, subscription: Subscription, invoice: Invoice): void {
  if (subscription.paused || ended(subscription)) {
    voidInvoice(world, invoice)
    return
  }
  finalizeInvoice(world, invoice, true)
  if (invoice.status !== 'open') return
  if (invoice.sendInvoice) payByTransfer(world, invoice, subscription)
  else charge(world, subscription, invoice)
}

/** Charges a renewal; while it fails the subscription is past due, and after the last try it is cancelled. */
function charge(world: World, subscription: Subscription, invoice: Invoice): void {
  let owing = false
  collectWithRetries(world, invoice, world.declineRate(), {
    paid: () => {
      if (owing) subscription.owing--
      if (subscription.status === 'past_due' && subscription.owing === 0) {
        updateSubscription(world, subscription, { status: 'active' }, true)
      }
    },
    failed: (last) => {
      if (!owing) subscription.owing++
      owing = true
      if (subscription.status === 'active') {
        updateSubscription(world, subscription, { status: 'past_due' }, true)
      }
      if (last && subscription.status === 'past_due') cancel(world, subscription)
    },
  })
}

export function cancel(world: World, subscription: Subscription): void {
  if (subscription.status === 'canceled') return
  Object.assign(subscription, { status: 'canceled', canceledAt: world.now })
  world.subscriptions.delete(subscription.id)
  world.emit('customer.subscription.deleted', (frame) => subscriptionBody(frame, subscription), {
    automatic: true,
  })
}

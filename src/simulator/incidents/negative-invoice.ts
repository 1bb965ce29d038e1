import { DAY, HOUR } from '../../time.ts'
import { priceIn } from '../currencies.ts'
import type { Customer } from '../entities.ts'
import { draftInvoice, finalizeInvoice, planLine } from '../invoices.ts'
import { newCustomer } from '../people.ts'
import { renew, renewAtEnd } from '../subscriptions.ts'
import type { World } from '../world.ts'
import type { Incident, Stage } from './incident.ts'
import { mention, monthlySubscriber } from './subscriber.ts'

/** Somebody types a credit into the wrong invoice: it comes out below zero. */
function owe(world: World, customer: Customer, amount: number): void {
  const invoice = draftInvoice(world, {
    customer,
    reason: 'manual',
    currency: customer.currency,
    lines: [
      {
        description: 'Adjustment of the last order',
        amount: -amount,
        quantity: 1,
        price: undefined,
        proration: false,
        start: world.now - 30 * DAY,
        end: world.now,
      },
    ],
  })
  finalizeInvoice(world, invoice)
}

/** A renewal with a coupon that is worth more than the plan. */
function couponTooLarge({ world, at, label }: Stage): void {
  const subscription = monthlySubscriber(world, at)
  const amountOff = Math.round(
    subscription.price.amount * subscription.quantity * world.random.between(1.5, 4),
  )
  world.agenda.add(at, () => renew(world, subscription, { amountOff }))
  label({ from: at, to: at + 2 * HOUR, objects: [subscription.customer.id, subscription.id] })
}

/** A change of plan whose prorations give back several periods that were never paid. */
function wildProration({ world, at, label }: Stage): void {
  const subscription = monthlySubscriber(world, at + 20 * DAY)
  renewAtEnd(world, subscription)
  mention(world, subscription, at)
  world.agenda.add(at, () => {
    const line = planLine(subscription, subscription.start, subscription.end)
    const invoice = draftInvoice(world, {
      customer: subscription.customer,
      subscription,
      reason: 'subscription_update',
      currency: subscription.price.currency,
      lines: [{ ...line, amount: -3 * line.amount, description: 'Unused time', proration: true }],
    })
    finalizeInvoice(world, invoice)
  })
  label({ from: at, to: at + HOUR, objects: [subscription.customer.id] })
}

function mistypedCredit({ world, strength, at, label }: Stage): void {
  const { random, profile } = world
  const currency = random.weighted(profile.currencies)
  const customer = newCustomer(random, currency, at - 40 * DAY)
  const times = {
    gross: random.between(5, 20),
    clear: random.between(1, 3),
    subtle: random.between(0.3, 0.8),
  }
  const amount = priceIn(currency, profile.dollars * times[strength])
  world.agenda.add(at, () => owe(world, customer, amount))
  label({ from: at, to: at + HOUR, objects: [customer.id] })
}

export const negativeInvoice: Incident = {
  name: 'negative-invoice',
  detector: 'NEGATIVE_INVOICE',
  about: 'an invoice comes out below zero',
  rate: false,
  daysBefore: 6,
  daysAfter: 1,
  fits: () => true,
  stage(stage) {
    const subscribers = stage.world.profile.checkoutShare < 1
    if (subscribers && stage.strength === 'gross') couponTooLarge(stage)
    else if (subscribers && stage.strength === 'subtle') wildProration(stage)
    else mistypedCredit(stage)
  },
  live({ world, at }) {
    const customer = newCustomer(world.random, 'usd', at - 40 * DAY)
    world.agenda.add(at, () => owe(world, customer, 15_000))
  },
}

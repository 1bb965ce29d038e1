import { HOUR, MINUTE } from '../../time.ts'
import type { Invoice, Subscription } from '../entities.ts'
import { draftInvoice, planLine } from '../invoices.ts'
import { bill, renew } from '../subscriptions.ts'
import type { World } from '../world.ts'
import type { Incident } from './incident.ts'
import { monthlySubscriber } from './subscriber.ts'

/** A second renewal invoice for a month that has one already. */
function draftAgain(world: World, subscription: Subscription): Invoice {
  return draftInvoice(world, {
    customer: subscription.customer,
    subscription,
    reason: 'subscription_cycle',
    currency: subscription.price.currency,
    lines: [planLine(subscription, subscription.start, subscription.end)],
  })
}

export const timezoneBillingError: Incident = {
  name: 'timezone-billing-error',
  detector: 'TIMEZONE_BILLING_ERROR',
  about: 'a subscription renews twice, too early or too late',
  rate: false,
  daysBefore: 1,
  daysAfter: 1.5,
  fits: ({ checkoutShare }) => checkoutShare < 1,
  stage({ world, strength, at, label }) {
    const { random } = world
    const off = {
      gross: 0,
      clear: random.pick([-5 * HOUR, 30 * HOUR, -8 * HOUR, 11 * HOUR]),
      subtle: Math.round(random.pick([-1, 1]) * random.between(2.6, 4) * HOUR),
    }[strength]
    const subscription = monthlySubscriber(world, strength === 'gross' ? at - 24 * HOUR : at - off)
    if (strength === 'gross') {
      world.agenda.add(subscription.end, () => renew(world, subscription))
      world.agenda.add(at, () => {
        const invoice = draftAgain(world, subscription)
        world.later(HOUR, () => bill(world, subscription, invoice))
      })
    } else {
      world.agenda.add(at, () => renew(world, subscription, { at }))
    }
    label({ from: at, to: at + 2 * HOUR, objects: [subscription.id, subscription.customer.id] })
  },
  live({ world, since, at, pace }) {
    const subscription = monthlySubscriber(world, since + MINUTE)
    world.agenda.add(since + MINUTE, () => renew(world, subscription, { draftFor: MINUTE }))
    world.agenda.add(Math.floor(at + 6 * pace), () =>
      bill(world, subscription, draftAgain(world, subscription)),
    )
  },
}

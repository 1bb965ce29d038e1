import { DAY, type Seconds } from '../../time.ts'
import { subscriptionBody } from '../bodies/subscription.ts'
import { periodEnd } from '../calendar.ts'
import type { Subscription } from '../entities.ts'
import { newCustomer } from '../people.ts'
import { someSeats } from '../stock.ts'
import { makeSubscription } from '../subscriptions.ts'
import type { World } from '../world.ts'

/** A subscriber of some months, whose monthly plan is due at `end`; the scenario says what becomes of it then. */
export function monthlySubscriber(world: World, end: Seconds): Subscription {
  const { random, profile } = world
  const currency = profile.currencies[0]?.[0] ?? 'usd'
  const offers = profile.prices.filter((offer) => offer.interval === 'month' && offer.currency === currency)
  const start = periodEnd({ interval: 'month', count: -1 }, end, end)
  const order = { customer: newCustomer(random, currency, end - 200 * DAY), price: random.pick(offers) }
  const subscription = makeSubscription(world, { ...order, quantity: someSeats(world) }, start)
  // Nobody else may change its plan or cancel it meanwhile.
  world.subscriptions.delete(subscription.id)
  return Object.assign(subscription, { end, anchor: end })
}

/** Something that no money depends on is told of the subscription some days before, so that it is known. */
export function mention(world: World, subscription: Subscription, before: Seconds): void {
  world.agenda.add(before - world.random.int(1, 5) * DAY, () => {
    world.emit('customer.subscription.updated', (frame) => subscriptionBody(frame, subscription), {
      previous: { default_payment_method: null },
    })
  })
}

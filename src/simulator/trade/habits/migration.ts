import { DAY, HOUR } from '../../../time.ts'
import { subscriptionBody } from '../../bodies/subscription.ts'
import { newCustomer } from '../../people.ts'
import { somePrice } from '../../stock.ts'
import { makeSubscription, renewAtEnd } from '../../subscriptions.ts'
import type { Habit } from '../business.ts'

/**
 * Subscriptions are moved to Stripe in one night. Each keeps the day on which it was billed so far: the anchor
 * lies ahead, the days until then are free, and no invoice tells of them.
 */
export const migration = (subscriptions: number, onDay: number): Habit => ({
  open({ world, start, end }) {
    const { random, profile, agenda } = world
    const night = start + onDay * DAY + 2 * HOUR
    if (night > end) return
    for (let i = 0; i < subscriptions; i++) {
      agenda.add(night + Math.floor((i * 3 * HOUR) / subscriptions), () => {
        const currency = random.weighted(profile.currencies)
        const customer = newCustomer(random, currency, world.now)
        const anchor = world.now + random.int(DAY, 30 * DAY)
        const price = somePrice(world, currency)
        const subscription = makeSubscription(world, { customer, price, anchor }, world.now)
        world.emit('customer.subscription.created', (frame) => subscriptionBody(frame, subscription))
        renewAtEnd(world, subscription)
      })
    }
  },
  apart: ({ start }) => [{ from: start + (onDay - 1) * DAY, to: start + (onDay + 2) * DAY }],
})

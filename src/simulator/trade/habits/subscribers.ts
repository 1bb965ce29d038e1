import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { subscriptionBody } from '../../bodies/subscription.ts'
import { periodEnd } from '../../calendar.ts'
import type { Price, Subscription } from '../../entities.ts'
import { newCustomer } from '../../people.ts'
import { changePlan } from '../../plan-change.ts'
import { somePrice, someSeats } from '../../stock.ts'
import { cancel, makeSubscription, renewAtEnd, subscribe, updateSubscription } from '../../subscriptions.ts'
import { neighbour } from '../../traffic.ts'
import type { World } from '../../world.ts'
import type { Habit, Trade } from '../business.ts'

export interface Subscribers {
  /** How many there are as the stream begins. */
  count: number
  /** Everybody's period ends on the day they joined, or on the 1st. */
  billed: 'when joined' | 'on the 1st'
  interval: Price['interval']
  /** New ones a day, and the share of all that leave in a month. */
  joining: number
  leaving: number
  trialDays?: number
  /** Share of all that take a smaller plan in a month; Stripe puts the credit on the next renewal. */
  smaller?: number
  /** Invoices are sent, to be paid within so many days; with long terms a newer one may be paid first. */
  daysUntilDue?: number
}

/** The next 1st of a month, at the small hours of the place. */
function firstOfMonth({ clock }: Trade, at: Seconds): Seconds {
  const { year, month } = clock.date(at)
  const day = Date.UTC(year, month, 1) / 1000 / DAY
  return clock.moment(day, 0.5)
}

function priceOf(world: World, { interval }: Subscribers): Price {
  const currency = world.random.weighted(world.profile.currencies)
  const offered = world.profile.prices.filter(
    (price) => price.currency === currency && price.interval === interval,
  )
  return offered.length > 0 ? world.random.pick(offered) : somePrice(world, currency)
}

/** Who subscribed long ago, and how the rest of their lives goes. */
export const subscribers = (traits: Subscribers): Habit => {
  const held: Subscription[] = []
  const standing = (trade: Trade): void => {
    const { world, start } = trade
    const { random } = world
    const price = priceOf(world, traits)
    const length = periodEnd(price, start, start) - start
    const end =
      traits.billed === 'on the 1st'
        ? firstOfMonth(trade, start) + random.int(0, 2 * HOUR)
        : start + random.int(1, length - 1)
    const customer = newCustomer(random, price.currency, start - random.int(60, 900) * DAY)
    const { daysUntilDue } = traits
    const began = periodEnd({ ...price, count: -price.count }, end, end)
    const subscription = makeSubscription(
      world,
      { customer, price, quantity: someSeats(world), daysUntilDue },
      began,
    )
    Object.assign(subscription, { start: began, end, anchor: end })
    if (daysUntilDue !== undefined) subscription.paysWithin = [3, daysUntilDue - 2]
    renewAtEnd(world, subscription)
    held.push(subscription)
  }
  const join = (trade: Trade): void => {
    const { world } = trade
    const price = priceOf(world, traits)
    const customer = newCustomer(world.random, price.currency, world.now)
    const { trialDays, daysUntilDue } = traits
    const subscription = subscribe(world, {
      customer,
      price,
      quantity: someSeats(world),
      trialDays,
      daysUntilDue,
      ...(traits.billed === 'on the 1st' ? { anchor: firstOfMonth(trade, world.now) } : {}),
    })
    if (daysUntilDue !== undefined) subscription.paysWithin = [3, daysUntilDue - 2]
    held.push(subscription)
  }
  const leave = (world: World, subscription: Subscription): void => {
    if (world.random.chance(0.2)) cancel(world, subscription)
    else updateSubscription(world, subscription, { cancelAtEnd: true, canceledAt: world.now })
  }
  const shrink = (world: World, subscription: Subscription): void => {
    const price = neighbour(world, subscription, false)
    if (price) changePlan(world, subscription, { price }, 'next renewal')
  }
  const touch = (world: World, subscription: Subscription): void =>
    world.emit('customer.subscription.updated', (frame) => subscriptionBody(frame, subscription), {
      previous: { metadata: { segment: null } },
    })
  return {
    open(trade) {
      for (let i = 0; i < traits.count; i++) standing(trade)
    },
    day(trade, midnight) {
      const { world, rhythm } = trade
      const { random, agenda } = world
      const plan = (mean: number, run: () => void): void => {
        for (let count = random.poisson(mean); count > 0; count--)
          agenda.add(midnight + Math.round(random.between(7, 23) * HOUR), run)
      }
      const somebody = (act: (world: World, subscription: Subscription) => void) => () => {
        const subscription = held.length === 0 ? undefined : random.pick(held)
        if (subscription?.status === 'active' && !subscription.cancelAtEnd) act(world, subscription)
      }
      plan(traits.joining * rhythm.level(midnight), () => join(trade))
      plan((held.length * traits.leaving) / 30, somebody(leave))
      plan((held.length * (traits.smaller ?? 0)) / 30, somebody(shrink))
      plan(held.length * 0.002, somebody(touch))
    },
  }
}

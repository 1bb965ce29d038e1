import { DAY, HOUR, type Seconds } from '../time.ts'
import { periodEnd } from './calendar.ts'
import type { Price, Subscription } from './entities.ts'
import { newCustomer } from './people.ts'
import { makeSubscription, renewAtEnd } from './subscriptions.ts'
import type { World } from './world.ts'

/** A price of the tenant, mostly monthly, in one of its currencies. */
export function somePrice(world: World, currency: string): Price {
  const { random, profile } = world
  const offered = profile.prices.filter((price) => price.currency === currency)
  const weekly = offered.some(({ interval }) => interval === 'week')
  const interval = random.weighted<Price['interval']>([
    ['month', 85],
    ['year', 15],
    ['week', weekly ? 15 : 0],
  ])
  const fitting = offered.filter((price) => price.interval === interval)
  return random.pick(fitting.length > 0 ? fitting : offered)
}

/** Seats: many small customers, few large ones; a shop's or a person's plan has one. */
export const someSeats = (world: World): number =>
  world.profile.business === 'b2b' ? Math.max(1, Math.round(world.random.logNormal(8, 0.9))) : 1

/** When a period that is under way ends: a quarter of all on the first of the month, the rest on any day. */
function nextEnd(world: World, price: Price): Seconds {
  const { random, now } = world
  const first = new Date(now * 1000)
  const month = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1) / 1000
  if (price.interval === 'month' && random.chance(0.25)) return month + random.int(0, 6 * HOUR)
  const length = periodEnd(price, now, now) - now
  return world.localTime(now + random.int(0, length - 1), random.between(7, 23))
}

/** A subscription in the middle of its life, of which no event has told yet. */
function standing(world: World): Subscription {
  const { random, profile } = world
  const currency = random.weighted(profile.currencies)
  const customer = newCustomer(random, currency, world.now - random.int(60, 900) * DAY)
  const price = somePrice(world, currency)
  let end = nextEnd(world, price)
  if (end <= world.now) end += DAY
  const start = periodEnd({ ...price, count: -price.count }, end, end)
  const subscription = makeSubscription(
    world,
    {
      customer,
      price,
      quantity: someSeats(world),
      percentOff: random.chance(0.02) ? 100 : random.chance(0.05) ? 20 : 0,
      daysUntilDue: profile.business === 'b2b' && random.chance(0.4) ? 30 : undefined,
    },
    start,
  )
  Object.assign(subscription, { start, end, anchor: end, paused: random.chance(0.01) })
  renewAtEnd(world, subscription)
  return subscription
}

/** The subscriptions that a tenant has as the stream begins: as many as bring its renewals. */
export function stock(world: World): void {
  const { profile, random } = world
  if (profile.checkoutShare >= 1) return
  const renewals = profile.paymentsADay * (1 - profile.checkoutShare)
  const count = Math.round(
    (renewals * 30) / (profile.prices.some(({ interval }) => interval === 'week') ? 1.4 : 0.86),
  )
  for (let i = 0; i < count; i++) {
    const subscription = standing(world)
    if (random.chance(0.01)) twin(world, subscription)
  }
}

/** A second subscription of the same customer to the same plan, renewed in the same minute. */
function twin(world: World, { customer, price, start, end, anchor }: Subscription): void {
  const second = makeSubscription(world, { customer, price }, start)
  Object.assign(second, { start, end: end + 20, anchor })
  renewAtEnd(world, second)
}

import { DAY, HOUR } from '../time.ts'
import { chargeBody } from './bodies/charge.ts'
import { priceIn } from './currencies.ts'
import type { Customer, Payment } from './entities.ts'
import { capture, type PaymentOrder, pay, retryDelay } from './payments.ts'
import { newCard, newCustomer } from './people.ts'
import type { World } from './world.ts'

const POOL = 12_000
const THINGS = ['Mug', 'Poster', 'Lamp', 'Notebook', 'Tent', 'Kettle', 'Scarf', 'Cable'] as const

/** Somebody whose last purchase is more than a day old, or somebody new. */
function visitor(world: World): Customer {
  const { random, customers, profile } = world
  if (customers.length > 0 && random.chance(0.35)) {
    const known = random.pick(customers)
    if (world.now - known.lastBought > DAY) return known
  }
  const customer = newCustomer(random, random.weighted(profile.currencies), world.now)
  if (customers.length < POOL) customers.push(customer)
  else customers[random.int(0, POOL - 1)] = customer
  return customer
}

/** What a visitor puts into the basket: the merchant's number goes where this tenant keeps it. */
export function orderOf(world: World): Pick<PaymentOrder, 'description' | 'metadata'> {
  const { random, profile } = world
  const number = random.digits(7)
  switch (profile.orders) {
    case 'metadata':
      return { metadata: { order_id: number, channel: 'web' } }
    case 'description':
      return { description: `${random.pick(THINGS)}, order ${number}` }
    case 'none':
      return {}
  }
}

/** Things cost whole multiples of a few price points, so equal amounts of different people are common. */
export function basket(world: World, currency: string, factor: number): number {
  const { random, profile } = world
  const points = [0.3, 0.5, 0.8, 1, 1.2, 1.6, 2.4]
  const dollars =
    profile.dollars *
    random.pick(points) *
    random.weighted([
      [1, 75],
      [2, 18],
      [3, 7],
    ])
  return priceIn(currency, dollars * factor)
}

/** Somebody comes to the checkout and pays; when it fails some try again, with this card or another. */
export function visit(world: World): void {
  const { random, profile } = world
  const conditions = world.weather.at(world.now)
  const guest = random.chance(profile.guestShare)
  const customer = guest
    ? newCustomer(random, random.weighted(profile.currencies), world.now)
    : visitor(world)
  customer.lastBought = world.now
  const order: PaymentOrder = {
    ...orderOf(world),
    amount: basket(world, customer.currency, conditions.prices),
    currency: customer.currency,
    customer: guest ? undefined : customer,
    card: customer.card,
    manual: profile.manualCapture,
  }
  attempt(world, order, random.chance(world.declineRate()), 1)
}

function attempt(world: World, order: PaymentOrder, fails: boolean, tries: number): void {
  const { random } = world
  const payment = pay(world, { ...order, decline: fails ? world.decline() : undefined })
  if (!fails) {
    if (order.manual) captureLater(world, payment)
    return
  }
  if (tries === 4 || !random.chance(0.55)) return
  world.later(retryDelay(random), () => {
    const card = random.chance(0.4) ? newCard(random, order.card.country) : order.card
    const again = world.weather.at(world.now).declineRate ?? 0.45
    attempt(world, { ...order, card, again: payment }, random.chance(Math.max(0.45, again)), tries + 1)
  })
}

/** Goods leave within two days; sometimes not all of them, now and then none. */
function captureLater(world: World, payment: Payment): void {
  const { random } = world
  if (random.chance(0.04)) {
    world.later(7 * DAY, () => expire(world, payment))
    return
  }
  world.later(random.between(1, 40) * HOUR, () => {
    const all = random.chance(0.93)
    const some = Math.min(payment.amount, priceIn(payment.currency, world.profile.dollars / 4))
    capture(world, payment, all ? payment.amount : some)
  })
}

/** An authorisation that nobody took: older versions tell it as a refund of money that never moved. */
function expire(world: World, payment: Payment): void {
  if (!world.shape.basil) payment.amountRefunded = payment.amount
  const options = { automatic: true, previous: { amount_refunded: 0 } }
  world.emit('charge.expired', (frame) => chargeBody(frame, payment), options)
  if (!world.shape.basil) world.emit('charge.refunded', (frame) => chargeBody(frame, payment), options)
}

import { MINUTE } from '../../time.ts'
import { priceIn } from '../currencies.ts'
import type { Customer } from '../entities.ts'
import { pay } from '../payments.ts'
import { newCustomer } from '../people.ts'
import type { World } from '../world.ts'
import type { Incident, Strength } from './incident.ts'

/** Seconds from each charge to the first of them. */
const repeats = (world: World, strength: Strength): number[] => {
  const { random } = world
  switch (strength) {
    case 'gross':
      return Array.from({ length: random.int(3, 9) }, (_, i) => (i + 1) * random.int(5, 15))
    case 'clear':
      return [random.int(1, 40)]
    case 'subtle':
      return [random.int(4 * MINUTE, 9 * MINUTE)]
  }
}

/** The same order charged again: a double click, a retried job, a request without an idempotency key. */
function chargeTwice(world: World, customer: Customer, delays: readonly number[], dollars: number): void {
  const { random, profile } = world
  const order = random.digits(6)
  const same = {
    amount: priceIn(customer.currency, dollars),
    currency: customer.currency,
    customer,
    card: customer.card,
    description: profile.orders === 'description' ? `Order #${order}` : null,
    metadata: profile.orders === 'metadata' ? { order_id: order } : {},
  }
  for (const delay of [0, ...delays]) world.later(delay, () => pay(world, same))
}

export const duplicateCharge: Incident = {
  name: 'duplicate-charge',
  detector: 'DUPLICATE_CHARGE',
  about: 'one customer is charged twice for one order',
  rate: false,
  daysBefore: 0,
  daysAfter: 1,
  fits: () => true,
  stage({ world, strength, at, label }) {
    const { random, profile } = world
    const customer = newCustomer(random, random.weighted(profile.currencies), at)
    const delays = repeats(world, strength)
    world.agenda.add(at, () => chargeTwice(world, customer, delays, profile.dollars * random.between(0.5, 3)))
    label({ from: at, to: at + Math.max(...delays), objects: [customer.id] })
  },
  live({ world, at, pace }) {
    const customer = newCustomer(world.random, 'usd', at)
    world.agenda.add(at, () => chargeTwice(world, customer, [Math.ceil(6 * pace)], 79))
  },
}

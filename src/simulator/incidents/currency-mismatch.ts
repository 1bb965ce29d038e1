import { DAY, HOUR, type Seconds } from '../../time.ts'
import { orderOf } from '../checkout.ts'
import { priceIn } from '../currencies.ts'
import type { Customer } from '../entities.ts'
import { pay } from '../payments.ts'
import { newCard, newCustomer } from '../people.ts'
import type { World } from '../world.ts'
import type { Incident } from './incident.ts'

interface Mistake {
  currency: string
  amount: number
  /** Another card, though of the old country. */
  otherCard?: boolean
}

/** A regular who has always paid in one currency, and then, by a mistake of the shop, in another. */
function regular(
  world: World,
  customer: Customer,
  visits: readonly Seconds[],
  at: Seconds,
  mistake: Mistake,
): void {
  const usual = { currency: customer.currency, customer }
  for (const [index, visit] of visits.entries()) {
    const amount = priceIn(customer.currency, world.profile.dollars * (1 + index / 10))
    world.agenda.add(visit, () => pay(world, { ...orderOf(world), ...usual, amount, card: customer.card }))
  }
  world.agenda.add(at, () => {
    const card = mistake.otherCard ? newCard(world.random, customer.country) : customer.card
    pay(world, { ...orderOf(world), customer, card, amount: mistake.amount, currency: mistake.currency })
  })
}

/** The same number in a currency where it is worth something else. */
const FOREIGN: Readonly<Record<string, string>> = {
  usd: 'jpy',
  eur: 'jpy',
  gbp: 'krw',
  jpy: 'usd',
  krw: 'usd',
}

export const currencyMismatch: Incident = {
  name: 'currency-mismatch',
  detector: 'CURRENCY_MISMATCH',
  about: 'a customer is charged in a currency that is not theirs',
  rate: false,
  daysBefore: 12,
  daysAfter: 1,
  fits: () => true,
  stage({ world, strength, at, label }) {
    const { random, profile } = world
    const home = profile.currencies[0]?.[0] ?? 'usd'
    const customer = newCustomer(random, home, at - 90 * DAY)
    customer.card = { ...customer.card, country: customer.country }
    const count = strength === 'subtle' ? 3 : random.int(4, 6)
    const visits = Array.from(
      { length: count },
      (_, i) => at - Math.round((count - i) * random.between(1.2, 1.9) * DAY),
    )
    const dollars = profile.dollars
    const elsewhere = home === 'eur' ? 'usd' : 'eur'
    const mistake: Mistake = {
      gross: { currency: FOREIGN[home] ?? 'usd', amount: priceIn(home, dollars * (1 + (count - 1) / 10)) },
      clear: { currency: elsewhere, amount: priceIn(elsewhere, dollars) },
      subtle: { currency: elsewhere, amount: priceIn(elsewhere, dollars * 1.4), otherCard: true },
    }[strength]
    regular(
      world,
      customer,
      visits.sort((a, b) => a - b),
      at,
      mistake,
    )
    label({ from: at, to: at + HOUR, objects: [customer.id] })
  },
  live({ world, since, at }) {
    const customer = newCustomer(world.random, 'usd', since - 90 * DAY)
    regular(world, customer, [since + 10, since + 70, since + 130, since + 190], at + 2, {
      currency: 'jpy',
      amount: 5_200,
    })
  },
}

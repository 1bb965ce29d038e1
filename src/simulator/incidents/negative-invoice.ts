import { DAY, HOUR } from '../../time.ts'
import { priceIn } from '../currencies.ts'
import type { Customer } from '../entities.ts'
import { draftInvoice, finalizeInvoice } from '../invoices.ts'
import { newCustomer } from '../people.ts'
import type { World } from '../world.ts'
import type { Incident } from './incident.ts'

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

export const negativeInvoice: Incident = {
  name: 'negative-invoice',
  detector: 'NEGATIVE_INVOICE',
  about: 'an invoice comes out below zero',
  fits: () => true,
  stage({ world, strength, at, label }) {
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
  },
  live({ world, at }) {
    const customer = newCustomer(world.random, 'usd', at - 40 * DAY)
    world.agenda.add(at, () => owe(world, customer, 15_000))
  },
}

import { HOUR } from '../../../time.ts'
import type { Incident } from '../../incidents/incident.ts'
import { newCustomer } from '../../people.ts'
import { somePrice } from '../../stock.ts'
import { subscribe } from '../../subscriptions.ts'

/** Somebody clicks twice or three times: as many equal subscriptions, each charged at once. */
export const doubleClick: Incident = {
  name: 'double-click',
  detector: 'DUPLICATE_CHARGE',
  about: 'a double click makes several equal subscriptions',
  rate: false,
  daysBefore: 0.5,
  daysAfter: 1,
  fits: ({ checkoutShare }) => checkoutShare < 1,
  stage({ world, strength, at, label }) {
    const { random, profile } = world
    const customer = newCustomer(random, random.weighted(profile.currencies), at)
    const price = somePrice(world, customer.currency)
    const times = { gross: 5, clear: 3, subtle: 2 }[strength]
    for (let i = 0, time = at; i < times; i++, time += random.int(2, 7))
      world.agenda.add(time, () => subscribe(world, { customer, price }))
    label({ from: at, to: at + HOUR, objects: [customer.id] })
  },
}

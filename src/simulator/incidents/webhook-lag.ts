import { HOUR, MINUTE } from '../../time.ts'
import { pay } from '../payments.ts'
import { newCustomer } from '../people.ts'
import type { Incident } from './incident.ts'

/** The receiver is down and is served by retries later, or a part of the events is held up. */
export const webhookLag: Incident = {
  name: 'webhook-lag',
  detector: 'WEBHOOK_LAG',
  about: "Stripe's events arrive late, or not at all",
  rate: true,
  daysBefore: 9,
  daysAfter: 1.5,
  fits: ({ paymentsADay, business }, strength) =>
    business !== 'b2b' && paymentsADay >= { gross: 80, clear: 150, subtle: 100 }[strength],
  stage({ world, courier, strength, at, label }) {
    const { random } = world
    const from = world.localTime(at, random.between(9, 15))
    if (strength === 'subtle') {
      const to = from + 3 * HOUR
      courier.add({ from, to, share: 0.5, late: (luck) => luck.between(20, 45) * MINUTE })
      label({ from, to: to + 45 * MINUTE })
      return
    }
    const hours = strength === 'gross' ? 7 : 3.5
    const to = from + hours * HOUR
    // Retries come back spread over the better part of an hour.
    courier.add({ from, to, share: 1, late: (luck, created) => to - created + luck.exponential(12 * MINUTE) })
    label({ from, to: to + 30 * MINUTE })
  },
  live({ world, since }) {
    const { random } = world
    // Told only now, though it happened half an hour ago.
    for (let i = 0; i < 24; i++) {
      world.agenda.add(since - 30 * MINUTE + i, () => {
        const customer = newCustomer(random, 'usd', world.now)
        pay(world, { amount: 4_900, currency: 'usd', customer, card: customer.card })
      })
    }
  },
}

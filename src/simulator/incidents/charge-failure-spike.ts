import { HOUR, type Seconds } from '../../time.ts'
import { declineNamed } from '../declines.ts'
import { pay } from '../payments.ts'
import { newCustomer } from '../people.ts'
import type { Profile } from '../profile.ts'
import { busyness } from '../season.ts'
import type { Incident, Strength } from './incident.ts'

/** How often a first try fails while it lasts, and how many payments it takes to be sure of it. */
function course({ declineRate }: Profile, strength: Strength): { rate: number; payments: number } {
  switch (strength) {
    case 'gross':
      return { rate: 0.85, payments: 40 }
    case 'clear':
      return { rate: Math.max(0.4, declineRate + 0.32), payments: 120 }
    case 'subtle':
      return { rate: Math.max(0.25, declineRate * 1.8 + 0.12), payments: 300 }
  }
}

/** Hours until so many payments were tried at the checkout; at night that takes longer. */
function hoursFor(profile: Profile, at: Seconds, payments: number): number {
  const anHour = (profile.paymentsADay * profile.checkoutShare) / 24
  let [hours, tried] = [0, 0]
  for (; tried < payments && hours < 72; hours++) tried += anHour * busyness(profile, at + hours * HOUR)
  return hours
}

/** A gateway or an issuer in trouble: payments of every kind fail that would have gone through. */
export const chargeFailureSpike: Incident = {
  name: 'charge-failure-spike',
  detector: 'CHARGE_FAILURE_SPIKE',
  about: 'many payments of many customers fail',
  rate: true,
  daysBefore: 2,
  daysAfter: 2,
  // Whoever takes a few payments a day would be days into it before anybody could tell.
  fits: (profile, strength) =>
    profile.paymentsADay * profile.checkoutShare >= { gross: 12, clear: 60, subtle: 150 }[strength],
  stage({ world, strength, at, label }) {
    const { rate, payments } = course(world.profile, strength)
    const to = at + Math.max(3, hoursFor(world.profile, at, payments)) * HOUR
    const declineAs = world.random.pick([['outage', 'processing'], ['refused'], ['refused', 'processing']])
    world.weather.add({ from: at, to, declineRate: rate, declineAs: declineAs.map(declineNamed) })
    label({ from: at, to, alsoAllowed: ['REVENUE_DROP'] })
  },
  live({ world, at, pace }) {
    const { random } = world
    for (let i = 0; i < 30; i++) {
      world.agenda.add(Math.floor(at + i * pace), () => {
        const customer = newCustomer(random, 'usd', world.now)
        const decline = declineNamed(random.pick(['outage', 'refused', 'processing']))
        pay(world, {
          amount: random.int(9, 120) * 100 - 1,
          currency: 'usd',
          customer,
          card: customer.card,
          metadata: { order_id: random.digits(6) },
          decline,
        })
      })
    }
  },
}

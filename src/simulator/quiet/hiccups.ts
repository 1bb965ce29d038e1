import { DAY, MINUTE } from '../../time.ts'
import { basket, orderOf } from '../checkout.ts'
import { declineNamed } from '../declines.ts'
import { pay } from '../payments.ts'
import { newCustomer } from '../people.ts'
import type { Disturbance } from './disturbance.ts'

/** A day on which half as many payments again fail, as happens. */
const badDay: Disturbance = {
  name: 'bad-day',
  rate: true,
  often: 0.7,
  fits: () => true,
  stage: ({ weather, profile }, at) =>
    weather.add({ from: at, to: at + DAY, declineRate: profile.declineRate * 1.45 }),
}

/** A few payments of different people fail one after another, and that is all. */
const shortOutage: Disturbance = {
  name: 'short-outage',
  rate: true,
  often: 0.7,
  fits: ({ business }) => business !== 'b2b',
  stage(world, at) {
    const { random } = world
    for (let i = 0; i < 5; i++) {
      world.agenda.add(at + random.int(0, 2 * MINUTE), () => {
        const customer = newCustomer(random, random.weighted(world.profile.currencies), world.now)
        const { currency, card } = customer
        const decline = declineNamed('processing')
        pay(world, {
          ...orderOf(world),
          amount: basket(world, currency, 1),
          currency,
          customer,
          card,
          decline,
        })
      })
    }
  },
}

/** Some days with half as many disputes again, weeks after a busy time. */
const moreDisputes: Disturbance = {
  name: 'more-disputes',
  rate: true,
  often: 0.6,
  fits: () => true,
  stage: ({ weather }, at) => weather.add({ from: at, to: at + 4 * DAY, disputes: 1.5 }),
}

export const HICCUPS: readonly Disturbance[] = [badDay, shortOutage, moreDisputes]

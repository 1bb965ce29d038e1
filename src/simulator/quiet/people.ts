import { DAY, HOUR, type Seconds } from '../../time.ts'
import { basket, orderOf } from '../checkout.ts'
import { currencyOf } from '../currencies.ts'
import type { Customer } from '../entities.ts'
import { pay } from '../payments.ts'
import { newCard, newCustomer } from '../people.ts'
import { changePlan } from '../plan-change.ts'
import { updateSubscription } from '../subscriptions.ts'
import { neighbour } from '../traffic.ts'
import type { World } from '../world.ts'
import type { Disturbance } from './disturbance.ts'

const buy = (world: World, customer: Customer, currency: string): void => {
  customer.lastBought = world.now
  pay(world, {
    ...orderOf(world),
    amount: basket(world, currency, 1),
    currency,
    customer,
    card: customer.card,
  })
}

const abroad = (world: World, home: string): string =>
  world.random.pick(['usd', 'eur', 'gbp', 'jpy', 'kwd'].filter((code) => code !== home))

/** Somebody who has always paid in two currencies, from the first day on. */
const mixer: Disturbance = {
  name: 'mixer',
  rate: false,
  often: 2,
  fits: () => true,
  stage(world, at) {
    const { random } = world
    const customer = newCustomer(random, random.weighted(world.profile.currencies), at)
    const second = abroad(world, customer.currency)
    for (let i = 0, time: Seconds = at; i < 8; i++, time += random.int(20, 70) * HOUR) {
      world.agenda.add(time, () => buy(world, customer, i % 2 === 0 ? customer.currency : second))
    }
  },
}

/** Somebody who has moved to another country: a card from there, and from then on its currency. */
const mover: Disturbance = {
  name: 'mover',
  rate: false,
  often: 2,
  fits: () => true,
  stage(world, at) {
    const { random } = world
    const customer = newCustomer(random, random.weighted(world.profile.currencies), at)
    const second = abroad(world, customer.currency)
    for (let i = 0, time: Seconds = at; i < 7; i++, time += random.int(20, 60) * HOUR) {
      world.agenda.add(time, () => {
        if (i === 4) customer.card = newCard(random, currencyOf(second).country)
        buy(world, customer, i < 4 ? customer.currency : second)
      })
    }
  },
}

/** Everybody's plan becomes dearer within hours. */
const priceRise: Disturbance = {
  name: 'price-rise',
  rate: true,
  often: 0.4,
  fits: ({ business }) => business === 'saas',
  stage(world, at) {
    const { random } = world
    const factor = random.between(1.08, 1.25)
    world.agenda.add(at, () => {
      for (const subscription of world.subscriptions.values()) {
        if (subscription.status !== 'active' || subscription.price.interval !== 'month') continue
        world.later(random.between(0, 5 * HOUR), () => {
          if (subscription.status !== 'active') return
          const { price } = subscription
          const dearer = {
            ...price,
            id: `${price.id.slice(0, -2)}v2`,
            amount: Math.round((price.amount * factor) / 10) * 10,
          }
          updateSubscription(world, subscription, { price: dearer })
        })
      }
    })
  },
}

/** Downgrades agreed long ago, carried out by Stripe's own schedules on one day. */
const plannedDowngrades: Disturbance = {
  name: 'planned-downgrades',
  rate: false,
  often: 1,
  fits: ({ business }) => business !== 'shop',
  stage(world, at) {
    const { random } = world
    world.agenda.add(at, () => {
      const those = [...world.subscriptions.values()].filter(
        (subscription) =>
          subscription.status === 'active' && neighbour(world, subscription, false) !== undefined,
      )
      for (let i = 0; i < 12 && those.length > 0; i++) {
        const [subscription] = those.splice(random.int(0, those.length - 1), 1)
        const price = subscription && neighbour(world, subscription, false)
        if (!subscription || !price) continue
        world.later(random.between(0, DAY / 2), () => {
          if (subscription.status !== 'active') return
          changePlan(world, subscription, { price, schedule: `sub_sched_1${random.letters(23)}` }, false)
        })
      }
    })
  },
}

export const PEOPLE: readonly Disturbance[] = [mixer, mover, priceRise, plannedDowngrades]

import { DAY, HOUR, MINUTE } from '../../time.ts'
import { basket, orderOf } from '../checkout.ts'
import { everydayDecline } from '../declines.ts'
import { pay } from '../payments.ts'
import { newCustomer } from '../people.ts'
import { refundSomebody } from '../refunds.ts'
import type { Disturbance } from './disturbance.ts'

/** A sale brings more people at lower prices, and afterwards a few more refunds. */
const promotion: Disturbance = {
  name: 'promotion',
  rate: true,
  often: 0.7,
  fits: ({ business }) => business !== 'b2b',
  stage({ weather, random }, at) {
    const to = at + random.int(18, 60) * HOUR
    weather.add({ from: at, to, volume: random.between(1.6, 4), prices: random.between(0.75, 0.95) })
    weather.add({ from: to, to: to + 3 * DAY, refunds: random.between(1.2, 1.8) })
  },
}

/** A public holiday: fewer buy. */
const holiday: Disturbance = {
  name: 'holiday',
  rate: true,
  often: 0.7,
  fits: () => true,
  stage(world, at) {
    const from = world.localTime(at, 0)
    world.weather.add({ from, to: from + DAY, volume: world.random.between(0.62, 0.8) })
  },
}

/** A shop asks a little more for everything from now on. */
const dearer: Disturbance = {
  name: 'dearer',
  rate: true,
  often: 0.3,
  fits: ({ business }) => business === 'shop',
  stage: ({ weather, random }, at) =>
    weather.add({ from: at, to: at + 400 * DAY, prices: random.between(1.05, 1.15) }),
}

/** A clerk works through the few refunds of a week at once. */
const clerk: Disturbance = {
  name: 'clerk',
  rate: true,
  often: 1,
  fits: ({ paymentsADay, refundRate, refundsInBatches }) =>
    !refundsInBatches && paymentsADay * refundRate < 3,
  stage(world, at) {
    const from = world.localTime(at, world.random.between(9, 11))
    const count = world.random.int(2, 4)
    for (let i = 0; i < count; i++) world.agenda.add(from + i * 90, () => refundSomebody(world))
  },
}

/** The same thing bought again minutes later by the same person, as orders of their own. */
const identicalPurchases: Disturbance = {
  name: 'identical-purchases',
  rate: false,
  often: 4,
  fits: ({ orders, business }) => business === 'shop' && orders !== 'none',
  stage(world, at) {
    const { random } = world
    const customer = newCustomer(random, random.weighted(world.profile.currencies), at)
    const amount = basket(world, customer.currency, 1)
    const count = random.int(2, 4)
    for (let i = 0, time = at; i < count; i++, time += random.int(1, 6) * MINUTE) {
      const { currency, card } = customer
      world.agenda.add(time, () => pay(world, { ...orderOf(world), amount, currency, customer, card }))
    }
  },
}

/** One person whose card does not work, trying again and again. */
const stubborn: Disturbance = {
  name: 'stubborn',
  rate: false,
  often: 1.5,
  fits: ({ business }) => business !== 'b2b',
  stage(world, at) {
    const { random } = world
    const customer = newCustomer(random, random.weighted(world.profile.currencies), at)
    const { currency, card } = customer
    const amount = basket(world, currency, 1)
    const order = orderOf(world)
    const decline = everydayDecline(random)
    const tries = random.int(8, 25)
    for (let i = 0, time = at; i < tries; i++, time += random.int(20, 200)) {
      world.agenda.add(time, () => pay(world, { ...order, amount, currency, customer, card, decline }))
    }
  },
}

export const TRADE: readonly Disturbance[] = [promotion, holiday, dearer, clerk, identicalPurchases, stubborn]

import { DAY, HOUR, MINUTE } from '../../../time.ts'
import { orderOf } from '../../checkout.ts'
import { priceIn } from '../../currencies.ts'
import type { Customer, Payment } from '../../entities.ts'
import { type PaymentOrder, pay, retryDelay } from '../../payments.ts'
import { newCustomer } from '../../people.ts'
import type { World } from '../../world.ts'
import type { Habit } from '../business.ts'
import { customers } from './customers.ts'

export interface Regulars {
  /** How many there are; they come again and again. */
  people: number
  /** US dollars of what they buy; the first sells best. */
  menu: readonly number[]
  /** Share of payments after which the same one pays the same again within minutes. */
  again?: number
  /** What is written on the payment, where it is the same for all. */
  description?: string
  spread?: number
}

/** Everybody is known by name and has paid before: players, subscribers of credit, a wholesaler's clients. */
export const regulars = ({ people, menu, again = 0, description, spread }: Regulars): Habit => {
  const known: Customer[] = []
  const attempt = (
    world: World,
    order: PaymentOrder,
    { tries, likely, earlier }: { tries: number; likely: number; earlier?: Payment },
  ): void => {
    const { random } = world
    const rate = Math.max(world.declineRate(), tries > 1 ? 0.4 : 0)
    const decline = random.chance(rate) ? world.decline() : undefined
    const payment = pay(world, { ...order, decline, again: earlier })
    if (decline !== undefined) {
      if (tries < 3 && random.chance(0.5))
        world.later(retryDelay(random), () =>
          attempt(world, order, { tries: tries + 1, likely, earlier: payment }),
        )
    } else if (random.chance(likely)) {
      world.later(random.between(0.5, 8) * MINUTE, () =>
        attempt(world, { ...order, ...textOf(world) }, { tries: 1, likely: likely / 2 }),
      )
    }
  }
  const textOf = (world: World): Pick<PaymentOrder, 'description' | 'metadata'> =>
    description === undefined ? orderOf(world) : { description }
  const come = customers(
    ({ world }) => {
      const { random } = world
      const customer = random.pick(known)
      // Another time: what is bought again within minutes is a habit of its own.
      if (world.now - customer.lastBought < HOUR / 2) return
      customer.lastBought = world.now
      const dollars = random.weighted(menu.map((price, index) => [price, 1 / (index + 1)] as const))
      const amount = priceIn(customer.currency, dollars * world.weather.at(world.now).prices)
      const { currency, card } = customer
      attempt(world, { amount, currency, customer, card, ...textOf(world) }, { tries: 1, likely: again })
    },
    { share: 1 / (1 + again), ...(spread === undefined ? {} : { spread }) },
  )
  return {
    ...come,
    open({ world, start }) {
      const { random, profile } = world
      for (let i = 0; i < people; i++)
        known.push(newCustomer(random, random.weighted(profile.currencies), start - 100 * DAY))
    },
    ...(again === 0
      ? {}
      : {
          learning: ({ start }) => ({
            detector: 'DUPLICATE_CHARGE',
            from: start,
            to: start + 7 * DAY,
            most: 3,
          }),
        }),
  }
}

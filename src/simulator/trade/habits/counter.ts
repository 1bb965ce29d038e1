import { DAY, HOUR, MINUTE, type Seconds } from '../../../time.ts'
import { currencyOf, priceIn } from '../../currencies.ts'
import type { Card, PaymentMethod } from '../../entities.ts'
import { pay } from '../../payments.ts'
import { newCard } from '../../people.ts'
import type { Random } from '../../random.ts'
import type { World } from '../../world.ts'
import type { Habit } from '../business.ts'
import { customers } from './customers.ts'

export interface Counter {
  /** US dollars of what is sold; the first sells best. */
  menu: readonly number[]
  /** Share of payments after which the same card pays the same again within minutes. */
  again: number
  /** Cards that come day after day. */
  regulars: number
  regularShare: number
  method?: PaymentMethod
  spread?: number
}

const firstSellsBest = (random: Random, menu: readonly number[]): number =>
  random.weighted(menu.map((price, index) => [price, 1 / (index + 1)] as const))

/** A till or a machine: cards are held to a reader, nobody is known by name, nothing has a number. */
export function counter(traits: Counter): Habit {
  const { menu, again, regulars, regularShare, method = 'card_present', spread = 0.12 } = traits
  const known: { card: Card; came: Seconds }[] = []
  const somebody = ({ random, profile, now }: World): Card => {
    const { country } = currencyOf(random.weighted(profile.currencies))
    if (regulars === 0 || !random.chance(regularShare)) return newCard(random, country)
    if (known.length < regulars) known.push({ card: newCard(random, country), came: 0 })
    const someone = random.pick(known)
    // Who was here within the hour is somebody new in their place.
    if (now - someone.came < HOUR) return newCard(random, country)
    someone.came = now
    return someone.card
  }
  const take = (world: World, card: Card, amount: number, likely: number): void => {
    const { random } = world
    const decline = random.chance(world.declineRate()) ? world.decline() : undefined
    pay(world, { amount, currency: world.profile.currencies[0]?.[0] ?? 'usd', card, method, decline })
    // The machine gives one cup a payment: who wants another pays again, and a third time more seldom.
    if (!decline && random.chance(likely))
      world.later(random.between(0.4, 9) * MINUTE, () => take(world, card, amount, likely / 2))
  }
  const till = customers(
    ({ world }) => {
      const currency = world.profile.currencies[0]?.[0] ?? 'usd'
      const dollars = firstSellsBest(world.random, menu) * world.weather.at(world.now).prices
      take(world, somebody(world), priceIn(currency, dollars), again)
    },
    { spread, share: 1 / (1 + again) },
  )
  if (again === 0) return till
  return {
    ...till,
    learning: ({ start }) => ({ detector: 'DUPLICATE_CHARGE', from: start, to: start + 7 * DAY, most: 3 }),
  }
}

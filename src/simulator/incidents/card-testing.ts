import { MINUTE, type Seconds } from '../../time.ts'
import { priceIn } from '../currencies.ts'
import { declineNamed } from '../declines.ts'
import { failSetup, pay } from '../payments.ts'
import { newCard } from '../people.ts'
import type { Profile } from '../profile.ts'
import { levelOf } from '../season.ts'
import type { World } from '../world.ts'
import type { Incident, Strength } from './incident.ts'

const HOMES = ['US', 'BR', 'FR', 'NG', 'IN', 'ID'] as const
const REFUSALS = ['cvc', 'cvc', 'number', 'number', 'generic', 'blocked', 'stolen'] as const

/** A stolen card number is tried: at the cheapest thing, or by saving it; few are still good. */
function tryCard(world: World, setups: boolean): void {
  const { random, profile } = world
  const card = newCard(random, random.pick(HOMES))
  const decline = random.chance(0.94) ? declineNamed(random.pick(REFUSALS)) : undefined
  if (setups && decline) {
    failSetup(world, card, undefined, decline)
    return
  }
  const currency = profile.currencies[0]?.[0] ?? 'usd'
  pay(world, { amount: priceIn(currency, Math.min(2, profile.dollars / 12)), currency, card, decline })
}

/** Cards and minutes; a large shop sees some declines of the kind every hour, so there it takes more to stand out. */
function course(profile: Profile, strength: Strength, at: Seconds): { cards: number; minutes: number } {
  const level = Math.max(1, levelOf(profile, at, 24))
  const usualAnHour = (profile.paymentsADay * profile.declineRate * 0.1 * level) / 12
  switch (strength) {
    case 'gross':
      return { cards: 80 + Math.round(20 * usualAnHour), minutes: 60 }
    case 'clear':
      return { cards: 32 + Math.round(24 * usualAnHour), minutes: 120 }
    case 'subtle':
      return { cards: 17 + Math.round(16 * usualAnHour), minutes: 80 }
  }
}

export const cardTesting: Incident = {
  name: 'card-testing',
  detector: 'CARD_TESTING',
  about: 'stolen cards are tried at the checkout, one after another',
  rate: true,
  daysBefore: 0.5,
  daysAfter: 1,
  fits: ({ business }) => business !== 'b2b',
  stage({ world, strength, at, label }) {
    const { random } = world
    const { cards, minutes } = course(world.profile, strength, at)
    const setups = random.chance(0.25)
    const times = Array.from({ length: cards }, () => at + random.int(0, minutes * MINUTE)).sort(
      (a, b) => a - b,
    )
    for (const time of times) world.agenda.add(time, () => tryCard(world, setups))
    label({ from: times[0] ?? at, to: times.at(-1) ?? at, alsoAllowed: ['CHARGE_FAILURE_SPIKE'] })
  },
  live({ world, at, pace }) {
    for (let i = 0; i < 36; i++)
      world.agenda.add(Math.floor(at + i * 0.6 * pace), () => tryCard(world, false))
  },
}

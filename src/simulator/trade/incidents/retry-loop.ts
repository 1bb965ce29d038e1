import { HOUR } from '../../../time.ts'
import { priceIn } from '../../currencies.ts'
import type { Incident } from '../../incidents/incident.ts'
import { pay } from '../../payments.ts'
import { newCard } from '../../people.ts'

/** A reader that never hears the answer asks again and again: one card pays for the same cup ten times. */
export const retryLoop: Incident = {
  name: 'retry-loop',
  detector: 'DUPLICATE_CHARGE',
  about: 'a machine charges one card again and again',
  rate: false,
  daysBefore: 6,
  daysAfter: 1,
  fits: (_, strength) => strength !== 'subtle',
  stage({ world, strength, at, label }) {
    const { random, profile } = world
    const currency = profile.currencies[0]?.[0] ?? 'usd'
    const card = newCard(random, 'US')
    const amount = priceIn(currency, profile.dollars)
    const times = strength === 'gross' ? random.int(10, 20) : random.int(6, 8)
    for (let i = 0, time = at; i < times; i++, time += random.int(3, 11)) {
      world.agenda.add(time, () => pay(world, { amount, currency, card, method: 'card_present' }))
    }
    label({ from: at, to: at + HOUR / 4 })
  },
}

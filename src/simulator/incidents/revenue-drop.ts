import { DAY, HOUR } from '../../time.ts'
import type { Incident } from './incident.ts'

/** The checkout is broken, or asks for a tenth of the price: less money comes in than at other times. */
export const revenueDrop: Incident = {
  name: 'revenue-drop',
  detector: 'REVENUE_DROP',
  about: 'far less is paid than usual',
  rate: true,
  daysBefore: 20,
  daysAfter: 4,
  // How much people spend varies, so what a few dozen payments bring is never far from usual. And where money is
  // captured days after it was promised, a day without customers is spread over many.
  fits: ({ business, paymentsADay, manualCapture }, strength) =>
    business === 'shop' && !manualCapture && paymentsADay >= { gross: 90, clear: 180, subtle: 280 }[strength],
  stage({ world, strength, at, label }) {
    const { random, weather } = world
    // What breaks at night is seen in the morning; so that a drop of hours is one, it begins in the day.
    const from = world.localTime(at, random.between(8, 14))
    // Of a few dozen payments so little would be left that nothing told it from a silence of delivery.
    const trickles = world.profile.paymentsADay >= 250
    const drop = {
      gross: !trickles || random.chance(0.4) ? { prices: 0.1, hours: 26 } : { volume: 0.03, hours: 20 },
      clear: { volume: 0.3, hours: 32 },
      subtle: { volume: 0.48, hours: 72 },
    }[strength]
    const { hours, ...factors } = drop
    const to = from + hours * HOUR
    weather.add({ from, to, ...factors })
    label({
      from,
      to: Math.min(to, from + 3 * DAY),
      alsoAllowed: strength === 'subtle' ? [] : ['WEBHOOK_LAG'],
    })
  },
}

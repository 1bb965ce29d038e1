import { HOUR, type Seconds } from '../../../time.ts'
import type { Habit, Trade } from '../business.ts'

const QUARTER: Seconds = HOUR / 4

/**
 * People come as the rhythm of the business says, more on good days and fewer on bad ones; what each of them
 * does is another's to say.
 * @param spread of good and bad days, as the standard deviation of the logarithm
 */
export function customers(come: (trade: Trade) => void, { spread = 0.1, share = 1 } = {}): Habit {
  let mood = 1
  return {
    day({ world }) {
      mood = world.random.logNormal(1, spread)
    },
    quarter(trade, from) {
      const { world, rhythm } = trade
      const { random, profile, weather, agenda } = world
      const peak = weather.peak(from, from + QUARTER)
      const mean = (profile.paymentsADay / 96) * share * mood * rhythm.busyness(from) * peak
      for (let count = random.poisson(mean); count > 0; count--) {
        agenda.add(from + random.int(0, QUARTER - 1), () => {
          if (random.chance(weather.at(world.now).volume / peak)) come(trade)
        })
      }
    },
  }
}

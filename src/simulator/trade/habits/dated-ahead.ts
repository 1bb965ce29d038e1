import { DAY, HOUR } from '../../../time.ts'
import { chargeBody } from '../../bodies/charge.ts'
import { inventPayment } from '../../refunds.ts'
import type { Habit } from '../business.ts'

/** Now and then an event is dated days ahead, by a clock that is wrong somewhere. */
export const datedAhead: Habit = {
  day({ world }, midnight) {
    const { random, agenda } = world
    if (!random.chance(0.06)) return
    agenda.add(midnight + Math.round(random.between(0, 24) * HOUR), () => {
      const payment = inventPayment(world, 0)
      const ahead = Math.round(random.between(0.2, 6) * DAY)
      world.emit('charge.succeeded', (frame) => chargeBody(frame, payment), { ahead })
    })
  },
}

import { DAY, HOUR } from '../../../time.ts'
import { failRefund, inventPayment, refund } from '../../refunds.ts'
import type { Habit } from '../business.ts'

/** Now and then money goes back in two parts, weeks apart, or comes back from a closed account after weeks. */
export const lateRefunds: Habit = {
  day({ world }, midnight) {
    const { random, agenda } = world
    if (!random.chance(0.12)) return
    agenda.add(midnight + Math.round(random.between(9, 17) * HOUR), () => {
      const payment = inventPayment(world, random.between(20, 90) * DAY)
      refund(world, payment, Math.ceil(payment.amount * 0.3))
      world.later(random.between(37, 60) * DAY, () => {
        if (random.chance(0.5)) refund(world, payment, Math.floor(payment.amount * 0.2))
        else failRefund(world, payment)
      })
    })
  },
}

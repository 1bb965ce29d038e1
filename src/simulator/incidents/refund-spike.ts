import { HOUR, type Seconds } from '../../time.ts'
import type { Profile } from '../profile.ts'
import { paymentToUndo, refund } from '../refunds.ts'
import { levelOf } from '../season.ts'
import type { World } from '../world.ts'
import type { Incident, Strength } from './incident.ts'

function refundWhole(world: World): void {
  const payment = paymentToUndo(world)
  refund(world, payment, payment.amountCaptured)
}

/** Refunds and hours, from what is usual in a day like those to come. */
function course(profile: Profile, strength: Strength, at: Seconds): { refunds: number; hours: number } {
  const aDay = profile.paymentsADay * profile.refundRate * Math.max(1, levelOf(profile, at, 24))
  const refunds = (least: number, times: number): number => Math.ceil(Math.max(least, times * aDay))
  switch (strength) {
    case 'gross':
      return { refunds: refunds(26, 14), hours: 3 }
    case 'clear':
      return { refunds: refunds(15, 8.5), hours: 9 }
    case 'subtle':
      return aDay >= 8 ? { refunds: refunds(0, 9), hours: 48 } : { refunds: refunds(10, 6.5), hours: 20 }
  }
}

/** A bad batch of goods, a mistaken script, a clerk who helps a friend: money flows back. */
export const refundSpike: Incident = {
  name: 'refund-spike',
  detector: 'REFUND_SPIKE',
  about: 'many payments are refunded (posted, it takes a tenant with some days of history)',
  rate: true,
  daysBefore: 12,
  daysAfter: 2,
  fits: () => true,
  stage({ world, strength, at, label }) {
    const { random } = world
    const { refunds, hours } = course(world.profile, strength, at)
    const times = Array.from({ length: refunds }, () => at + Math.round(random.between(0, hours * HOUR)))
    for (const time of times) world.agenda.add(time, () => refundWhole(world))
    label({ from: Math.min(...times), to: Math.max(...times) })
  },
  live({ world, at, pace }) {
    for (let i = 0; i < 24; i++) world.agenda.add(Math.floor(at + i * pace), () => refundWhole(world))
  },
}

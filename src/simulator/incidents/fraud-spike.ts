import { DAY, HOUR, type Seconds } from '../../time.ts'
import { openDispute, warnOfFraud } from '../disputes.ts'
import type { Profile } from '../profile.ts'
import { inventPayment, paymentToUndo } from '../refunds.ts'
import { levelOf } from '../season.ts'
import type { World } from '../world.ts'
import type { Incident, Strength } from './incident.ts'

/** One payment turns out to be fraud: the network warns, or the payer's bank takes the money back, or both. */
function flag(world: World): void {
  const { random } = world
  const payment = random.chance(0.5)
    ? paymentToUndo(world)
    : inventPayment(world, random.between(3, 25) * DAY)
  if (random.chance(0.5)) openDispute(world, payment, 'fraudulent')
  else {
    warnOfFraud(world, payment)
    if (random.chance(0.2))
      world.later(random.between(1, 8) * HOUR, () => openDispute(world, payment, 'fraudulent'))
  }
}

/** Flags and days; what is usual includes what one must expect of a shop of which little is known. */
function course(profile: Profile, strength: Strength, at: Seconds): { flags: number; days: number } {
  const { paymentsADay, disputeRate } = profile
  const usual = paymentsADay * (disputeRate + 0.0015) * Math.max(1, levelOf(profile, at, 48))
  const flags = (least: number, times: number, days: number): number =>
    Math.ceil(Math.max(least, times * usual * days))
  switch (strength) {
    case 'gross':
      return { flags: flags(16, 12, 0.7), days: 0.7 }
    case 'clear':
      return { flags: flags(9, 7, 1.2), days: 1.2 }
    case 'subtle':
      return { flags: flags(7, 4.5, 2), days: 2 }
  }
}

export const fraudSpike: Incident = {
  name: 'fraud-spike',
  detector: 'FRAUD_SPIKE',
  about: 'many payments are disputed or reported as fraud',
  rate: true,
  daysBefore: 8,
  daysAfter: 3,
  fits: () => true,
  stage({ world, strength, at, label }) {
    const { random } = world
    const { flags, days } = course(world.profile, strength, at)
    const times = Array.from({ length: flags }, () => at + Math.round(random.between(0, days * DAY)))
    for (const time of times) world.agenda.add(time, () => flag(world))
    label({ from: Math.min(...times), to: Math.max(...times) })
  },
  live({ world, at, pace }) {
    for (let i = 0; i < 14; i++) world.agenda.add(Math.floor(at + i * pace), () => flag(world))
  },
}

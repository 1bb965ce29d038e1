import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { disputeSomething } from '../../disputes.ts'
import { refundSomebody } from '../../refunds.ts'
import type { Habit, Trade } from '../business.ts'

const QUARTER: Seconds = HOUR / 4

/** Weeks pass before a payment is disputed. */
const UNTIL_DISPUTED: Seconds = 20 * DAY

/** Payments are disputed now and then, at any hour. */
export const disputes: Habit = {
  quarter({ world, rhythm }, from) {
    const { random, profile, agenda, weather } = world
    const rate = profile.disputeRate * weather.at(from).disputes
    const mean = (profile.paymentsADay / 96) * rate * Math.max(0.2, rhythm.level(from - UNTIL_DISPUTED))
    for (let count = random.poisson(mean); count > 0; count--)
      agenda.add(from + random.int(0, QUARTER - 1), () => disputeSomething(world))
  },
}

/** Money is given back as customers ask for it. */
export const refundsAtOnce: Habit = {
  quarter({ world, rhythm }, from) {
    const { random, profile, agenda, weather } = world
    const rate = profile.refundRate * weather.at(from).refunds
    for (
      let count = random.poisson((profile.paymentsADay / 96) * rate * rhythm.busyness(from));
      count > 0;
      count--
    )
      agenda.add(from + random.int(0, QUARTER - 1), () => refundSomebody(world))
  },
}

export interface ClerkDays {
  /** Whether the clerk works through the refunds on that local day. */
  on(trade: Trade, midnight: Seconds): boolean
  /** Days of complaints that have come together by then. */
  since: number
  hour: number
}

/** A clerk works through all that came together since the last time, one after the other. */
export const refundClerk = ({ on, since, hour }: ClerkDays): Habit => ({
  day(trade, midnight) {
    if (!on(trade, midnight)) return
    const { world, clock, rhythm } = trade
    const { random, profile, agenda } = world
    const count = random.poisson(profile.paymentsADay * profile.refundRate * since * rhythm.level(midnight))
    let at = clock.moment(clock.day(midnight), hour + random.between(0, 0.4))
    for (let i = 0; i < count; i++, at += random.int(40, 150)) agenda.add(at, () => refundSomebody(world))
  },
  learning: ({ start }) => ({
    detector: 'REFUND_SPIKE',
    from: start,
    to: start + 2.5 * since * DAY,
    most: 2,
  }),
  apart(trade) {
    const windows = []
    for (let at = trade.start; at < trade.end; at += DAY) {
      const midnight = trade.clock.moment(trade.clock.day(at))
      if (on(trade, midnight)) windows.push({ from: midnight, to: midnight + DAY })
    }
    return windows
  },
})

/** Every Monday, or the next day that the office is open. */
export const weeklyClerk = refundClerk({
  since: 7,
  hour: 9,
  on: ({ clock, rhythm }, midnight) => {
    const noon = midnight + DAY / 2
    if (clock.weekday(noon) === 2) return rhythm.isHoliday(noon - DAY)
    return clock.weekday(noon) === 1 && !rhythm.isHoliday(noon)
  },
})

/** On the third of each month. */
export const monthlyClerk = refundClerk({
  since: 30,
  hour: 10,
  on: ({ clock }, midnight) => clock.date(midnight + DAY / 2).day === 3,
})

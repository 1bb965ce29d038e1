import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { disputeSomething } from '../../disputes.ts'
import { refundSomebody } from '../../refunds.ts'
import type { Habit, Trade } from '../business.ts'

const QUARTER: Seconds = HOUR / 4

/** Days that pass before somebody complains, some of them. */
const UNTIL_RETURNED = [2, 5, 8, 11, 14] as const
const UNTIL_DISPUTED = [10, 20, 30, 40] as const

/** How good business was when those bought who complain now. */
const levelBefore = ({ rhythm }: Trade, at: Seconds, days: readonly number[]): number =>
  days.reduce((sum, ago) => sum + rhythm.level(at - ago * DAY), 0) / days.length

/** Payments are disputed now and then, at any hour. */
export const disputes: Habit = {
  quarter(trade, from) {
    const { world } = trade
    const { random, profile, agenda, weather } = world
    const rate = profile.disputeRate * weather.at(from).disputes
    const mean = (profile.paymentsADay / 96) * rate * levelBefore(trade, from, UNTIL_DISPUTED)
    for (let count = random.poisson(mean); count > 0; count--)
      agenda.add(from + random.int(0, QUARTER - 1), () => disputeSomething(world))
  },
}

/** Money is given back as customers ask for it. */
export const refundsAtOnce: Habit = {
  quarter(trade, from) {
    const { world, rhythm } = trade
    const { random, profile, agenda, weather } = world
    const busyness = rhythm.busyness(from)
    if (busyness === 0) return
    const level = levelBefore(trade, from, UNTIL_RETURNED)
    const rate = profile.refundRate * weather.at(from).refunds * (busyness / rhythm.level(from)) * level
    for (let count = random.poisson((profile.paymentsADay / 96) * rate); count > 0; count--)
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
    const { world, clock } = trade
    const { random, profile, agenda } = world
    const count = random.poisson(
      profile.paymentsADay * profile.refundRate * since * levelBefore(trade, midnight, UNTIL_RETURNED),
    )
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

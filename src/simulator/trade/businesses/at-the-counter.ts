import { cardTesting } from '../../incidents/card-testing.ts'
import { chargeFailureSpike } from '../../incidents/charge-failure-spike.ts'
import { duplicateCharge } from '../../incidents/duplicate-charge.ts'
import { fraudSpike } from '../../incidents/fraud-spike.ts'
import { refundSpike } from '../../incidents/refund-spike.ts'
import type { Business } from '../business.ts'
import { disputes, refundsAtOnce, weeklyClerk } from '../habits/complaints.ts'
import { counter } from '../habits/counter.ts'
import { webshop } from '../habits/webshop.ts'
import { alone } from '../incidents/alone.ts'
import { drop } from '../incidents/drop.ts'
import { outage } from '../incidents/outage.ts'
import { retryLoop } from '../incidents/retry-loop.ts'
import { AROUND_THE_CLOCK, HIGH_STREET, OFFICE_HOURS, RESTAURANT } from '../openings.ts'
import * as at from '../places.ts'
import { day } from './dates.ts'

const TILL = { orders: 'none', guestShare: 1, disputeRate: 0.0001 } as const

export const canteen: Business = {
  name: 'canteen',
  about: 'a canteen and its coffee machine: the same cards every day, a second cup within minutes',
  places: [at.BERLIN, at.LONDON, at.KOLKATA, at.ADELAIDE],
  start: day(2026, 2, 2),
  days: 70,
  opening: OFFICE_HOURS,
  traits: (random) => ({ ...TILL, paymentsADay: random.between(90, 220), dollars: 2.4, declineRate: 0.02 }),
  habits: () => [
    counter({ menu: [2.4, 1.8, 6.5, 8.2], again: 0.12, regulars: 140, regularShare: 0.95 }),
    refundsAtOnce,
  ],
  quiet: [],
  incidents: (trade) => [retryLoop, outage(trade), drop(trade), chargeFailureSpike],
}

export const vendingMachine: Business = {
  name: 'vending-machine',
  about: 'a coffee machine in a station: small equal payments around the clock',
  places: [at.PARIS, at.TOKYO, at.KATHMANDU, at.NEW_YORK],
  start: day(2026, 3, 2),
  days: 63,
  opening: AROUND_THE_CLOCK,
  traits: (random) => ({ ...TILL, paymentsADay: random.between(25, 70), dollars: 1.5, declineRate: 0.03 }),
  habits: () => [counter({ menu: [1.5, 2.5], again: 0.1, regulars: 60, regularShare: 0.5 })],
  quiet: [],
  incidents: (trade) => [retryLoop, outage(trade), chargeFailureSpike],
}

export const giftShop: Business = {
  name: 'gift-shop',
  about: 'a shop on the high street with a page on the web, closed on Sundays and public holidays',
  places: [at.LONDON, at.BERLIN, at.SYDNEY, at.ST_JOHNS],
  start: day(2026, 2, 23),
  days: 98,
  opening: HIGH_STREET,
  traits: (random) => ({ paymentsADay: random.between(45, 140), dollars: 24, refundRate: 0.02 }),
  habits: () => [
    counter({ menu: [12, 24, 8, 40], again: 0, regulars: 0, regularShare: 0 }),
    refundsAtOnce,
    disputes,
  ],
  quiet: [],
  incidents: (trade) => [outage(trade), drop(trade), refundSpike, fraudSpike, chargeFailureSpike],
}

export const restaurant: Business = {
  name: 'restaurant',
  about: 'lunch and dinner, closed on Mondays, wherever its nights lie in the day of UTC',
  places: [at.CHICAGO, at.TOKYO, at.LOS_ANGELES, at.AUCKLAND, at.PARIS],
  start: day(2026, 1, 12),
  days: 84,
  opening: RESTAURANT,
  traits: (random) => ({ ...TILL, paymentsADay: random.between(60, 150), dollars: 38 }),
  habits: () => [
    counter({ menu: [38, 55, 22, 80], again: 0, regulars: 40, regularShare: 0.1 }),
    refundsAtOnce,
  ],
  quiet: [],
  incidents: (trade) => [outage(trade), drop(trade), chargeFailureSpike, refundSpike],
}

export const shopWithClerk: Business = {
  name: 'shop-with-clerk',
  about: 'a shop on the web whose clerk gives money back on Mondays',
  places: [at.NEW_YORK, at.LONDON, at.SAO_PAULO, at.JOHANNESBURG],
  start: day(2026, 1, 5),
  days: 84,
  opening: {
    ...HIGH_STREET,
    hours: Array.from({ length: 24 }, (_, hour) => (hour < 7 ? 0.2 : 1)),
    weekdays: [1, 1, 1, 1, 1, 1, 1.2],
    holidays: 0.8,
  },
  traits: (random) => ({
    paymentsADay: random.between(60, 200),
    dollars: 45,
    refundRate: random.between(0.02, 0.04),
  }),
  habits: () => [webshop(), weeklyClerk, disputes],
  quiet: [],
  incidents: (trade) => [
    refundSpike,
    alone(cardTesting),
    duplicateCharge,
    chargeFailureSpike,
    outage(trade),
    drop(trade),
    fraudSpike,
  ],
}

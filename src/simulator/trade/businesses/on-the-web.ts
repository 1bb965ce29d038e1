import { cardTesting } from '../../incidents/card-testing.ts'
import { chargeFailureSpike } from '../../incidents/charge-failure-spike.ts'
import { currencyMismatch } from '../../incidents/currency-mismatch.ts'
import { duplicateCharge } from '../../incidents/duplicate-charge.ts'
import { fraudSpike } from '../../incidents/fraud-spike.ts'
import type { Incident } from '../../incidents/incident.ts'
import { refundSpike } from '../../incidents/refund-spike.ts'
import { disturbancesNamed } from '../../quiet/registry.ts'
import type { Business, Trade } from '../business.ts'
import { disputes, monthlyClerk, refundsAtOnce } from '../habits/complaints.ts'
import { datedAhead } from '../habits/dated-ahead.ts'
import { lateRefunds } from '../habits/late-refunds.ts'
import { onSale } from '../habits/on-sale.ts'
import { regulars } from '../habits/regulars.ts'
import { subscribers } from '../habits/subscribers.ts'
import { webshop } from '../habits/webshop.ts'
import { alone } from '../incidents/alone.ts'
import { drop } from '../incidents/drop.ts'
import { holidayOutage } from '../incidents/holiday-outage.ts'
import { inTheDark } from '../incidents/in-the-dark.ts'
import { outage } from '../incidents/outage.ts'
import { EVENINGS, ONLINE_SHOP } from '../openings.ts'
import * as at from '../places.ts'
import { day } from './dates.ts'

const EVERYDAY_TROUBLE = disturbancesNamed(
  'promotion',
  'identical-purchases',
  'stubborn',
  'short-outage',
  'bad-day',
  'mixer',
  'mover',
  'test-flood',
  'chatter',
)

const atTheCheckout = (trade: Trade): Incident[] => [
  alone(cardTesting),
  chargeFailureSpike,
  duplicateCharge,
  fraudSpike,
  currencyMismatch,
  outage(trade),
  drop(trade),
]

export const webShop: Business = {
  name: 'web-shop',
  about: 'a shop on the web before, on and after Black Friday and Christmas',
  places: [at.NEW_YORK, at.LONDON, at.BERLIN],
  start: day(2026, 9, 28),
  days: 112,
  opening: {
    ...ONLINE_SHOP,
    year: ({ month, day: date }) => {
      if (month === 11 && date >= 26 && date <= 30) return 3.2
      if (month === 12 && date <= 20) return 1.7
      if (month === 12 && date <= 24) return 0.9
      return month === 1 ? 0.8 : 1
    },
  },
  traits: (random) => ({ paymentsADay: random.between(120, 400), dollars: 55 }),
  habits: () => [webshop(), refundsAtOnce, disputes, lateRefunds, datedAhead],
  quiet: EVERYDAY_TROUBLE,
  incidents: (trade) => [
    ...atTheCheckout(trade),
    refundSpike,
    inTheDark('refunds-in-the-dark', refundSpike, 12),
    inTheDark('card-testing-in-the-dark', cardTesting, 6),
  ],
}

export const bookshop: Business = {
  name: 'bookshop',
  about: 'a shop on the web that gives money back once a month, on the third',
  places: [at.PARIS, at.SAO_PAULO, at.AUCKLAND],
  start: day(2026, 2, 1),
  days: 126,
  opening: ONLINE_SHOP,
  traits: (random) => ({
    paymentsADay: random.between(30, 90),
    dollars: 22,
    refundRate: random.between(0.01, 0.02),
  }),
  habits: () => [webshop(), monthlyClerk, disputes],
  quiet: EVERYDAY_TROUBLE,
  incidents: (trade) => [...atTheCheckout(trade), refundSpike],
}

export const cornerShop: Business = {
  name: 'corner-shop',
  about: 'groceries to the door on every day of the year, holidays too',
  places: [at.BERLIN, at.PARIS, at.LONDON],
  start: day(2026, 3, 16),
  days: 98,
  opening: { ...ONLINE_SHOP, holidays: 1 },
  traits: (random) => ({ paymentsADay: random.between(90, 220), dollars: 31 }),
  habits: () => [webshop(), refundsAtOnce, disputes],
  quiet: EVERYDAY_TROUBLE,
  incidents: (trade) => [...atTheCheckout(trade), holidayOutage(trade)],
}

export const tickets: Business = {
  name: 'tickets',
  about: 'tickets: little for weeks, hundreds within two hours of going on sale',
  places: [at.LONDON, at.CHICAGO, at.TOKYO],
  start: day(2026, 3, 2),
  days: 91,
  opening: { ...ONLINE_SHOP, holidays: 1 },
  traits: () => ({ paymentsADay: 20, dollars: 70, refundRate: 0.01 }),
  habits: () => [webshop(), onSale(240), refundsAtOnce, disputes],
  quiet: disturbancesNamed('stubborn', 'chatter'),
  incidents: () => [alone(cardTesting), duplicateCharge, currencyMismatch],
}

export const donations: Business = {
  name: 'donations',
  about: 'a charity: more in December, most on its last day, little afterwards',
  places: [at.NEW_YORK, at.LONDON, at.SYDNEY],
  start: day(2026, 10, 12),
  days: 119,
  opening: {
    ...ONLINE_SHOP,
    holidays: 1,
    year: ({ month, day: date }) => {
      if (month === 12 && date === 31) return 9
      if (month === 12 && date >= 26) return 4
      if (month === 12) return date === 1 ? 5 : 1 + date / 12
      return month === 1 ? 0.75 : 1
    },
  },
  traits: (random) => ({
    paymentsADay: random.between(30, 80),
    dollars: 50,
    orders: 'none',
    refundRate: 0.004,
  }),
  habits: () => [webshop({ spread: 0.2 }), refundsAtOnce, disputes],
  quiet: disturbancesNamed('stubborn', 'chatter', 'test-flood'),
  incidents: () => [alone(cardTesting), duplicateCharge, currencyMismatch],
}

export const game: Business = {
  name: 'game',
  about: 'a game: players buy the same small pack again and again within minutes',
  places: [at.TOKYO, at.LOS_ANGELES, at.SAO_PAULO],
  start: day(2026, 2, 9),
  days: 56,
  opening: EVENINGS,
  traits: (random) => ({
    paymentsADay: random.between(250, 600),
    dollars: 2,
    refundRate: 0.003,
    guestShare: 0,
  }),
  habits: () => [
    regulars({ people: 900, menu: [1, 5, 2, 10, 20], again: 0.3, description: 'Pack of gems' }),
    refundsAtOnce,
    disputes,
  ],
  quiet: disturbancesNamed('promotion', 'bad-day', 'chatter'),
  incidents: (trade) => [chargeFailureSpike, fraudSpike, outage(trade), drop(trade), refundSpike],
}

export const credits: Business = {
  name: 'credits',
  about: 'credit for an interface that programs call: topped up by itself, several times within minutes',
  places: [at.LOS_ANGELES, at.KOLKATA],
  start: day(2026, 4, 6),
  days: 70,
  opening: { hours: Array.from({ length: 24 }, () => 1), weekdays: [0.7, 1, 1, 1, 1, 1, 0.7], holidays: 1 },
  traits: (random) => ({ paymentsADay: random.between(40, 110), dollars: 10, guestShare: 0 }),
  habits: () => [
    regulars({
      people: 60,
      menu: [10, 20, 50],
      again: 0.45,
      description: 'Credits auto-recharge',
      spread: 0.2,
    }),
    disputes,
  ],
  quiet: disturbancesNamed('chatter', 'test-flood'),
  incidents: (trade) => [chargeFailureSpike, outage(trade), currencyMismatch],
}

export const wholesaler: Business = {
  name: 'wholesaler',
  about: 'forty clients who order almost every day; one payment in seven fails at first',
  places: [at.CHICAGO, at.BERLIN, at.JOHANNESBURG],
  start: day(2026, 1, 12),
  days: 77,
  opening: { ...ONLINE_SHOP, weekdays: [0.3, 1.2, 1.1, 1.1, 1.2, 1.3, 0.4], holidays: 0.2 },
  traits: (random) => ({
    paymentsADay: random.between(50, 110),
    dollars: 90,
    declineRate: 0.14,
    guestShare: 0,
  }),
  habits: () => [regulars({ people: 40, menu: [90, 140, 60, 210] }), refundsAtOnce],
  quiet: disturbancesNamed('chatter'),
  incidents: () => [chargeFailureSpike, duplicateCharge, currencyMismatch],
}

export const marketplace: Business = {
  name: 'marketplace',
  about: 'a platform of a dozen small shops, each an account of its own',
  places: [at.NEW_YORK, at.PARIS],
  start: day(2026, 3, 2),
  days: 63,
  opening: ONLINE_SHOP,
  accounts: 12,
  traits: () => ({ paymentsADay: 18, dollars: 35 }),
  habits: () => [webshop({ spread: 0.2 }), refundsAtOnce, disputes],
  quiet: disturbancesNamed('stubborn', 'identical-purchases', 'chatter'),
  incidents: () => [alone(cardTesting), duplicateCharge, currencyMismatch, refundSpike],
}

export const growing: Business = {
  name: 'growing',
  about: 'a shop on the web that grows by a tenth each week',
  places: [at.SAO_PAULO, at.LONDON],
  start: day(2026, 1, 19),
  days: 98,
  opening: { ...ONLINE_SHOP, growth: 0.1 },
  traits: (random) => ({ paymentsADay: random.between(25, 50), dollars: 28 }),
  habits: () => [webshop(), refundsAtOnce, disputes],
  quiet: disturbancesNamed('promotion', 'stubborn', 'bad-day', 'chatter'),
  incidents: () => [alone(cardTesting), duplicateCharge, chargeFailureSpike, currencyMismatch],
}

export const launch: Business = {
  name: 'launch',
  about: 'a shop that opens: tests, some friends, then everybody on one day',
  places: [at.NEW_YORK, at.ADELAIDE],
  start: day(2026, 2, 9),
  days: 63,
  opening: {
    ...ONLINE_SHOP,
    launch: (days) => (days < 4 ? 0 : days < 12 ? 0.04 : days < 13 ? 5 : days < 16 ? 2.2 : 1),
  },
  traits: (random) => ({ paymentsADay: random.between(60, 140), dollars: 40 }),
  habits: () => [webshop({ spread: 0.2 }), refundsAtOnce, disputes],
  quiet: disturbancesNamed('test-flood', 'stubborn', 'chatter'),
  incidents: () => [
    { ...alone(cardTesting), daysBefore: 20 },
    { ...duplicateCharge, daysBefore: 6 },
    { ...chargeFailureSpike, daysBefore: 24 },
  ],
}

export const boatHire: Business = {
  name: 'boat-hire',
  about: 'boats on a lake: a summer, and then the end of it',
  places: [at.BERLIN, at.CHICAGO],
  start: day(2026, 6, 8),
  days: 126,
  opening: {
    hours: [0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 5, 4, 4, 5, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0],
    weekdays: [2, 0.7, 0.7, 0.7, 0.8, 1, 2],
    holidays: 1.5,
    year: ({ month, day: date }) => {
      // From September on a fifth fewer each week.
      const weeks = month < 9 ? 0 : (date + (month - 9) * 30) / 7
      return 0.8 ** weeks
    },
  },
  traits: (random) => ({ paymentsADay: random.between(60, 120), dollars: 45 }),
  habits: () => [webshop({ spread: 0.35 }), refundsAtOnce],
  quiet: disturbancesNamed('chatter'),
  incidents: () => [duplicateCharge, currencyMismatch],
}

export const giant: Business = {
  name: 'giant',
  about: 'fifty thousand payments a day, some of them renewals',
  places: [at.NEW_YORK],
  start: day(2026, 3, 2),
  days: 18,
  opening: ONLINE_SHOP,
  traits: () => ({
    paymentsADay: 50_000,
    dollars: 24,
    listening: 'advised',
    apiVersion: '2023-10-16',
    refundRate: 0.01,
  }),
  habits: () => [
    webshop({ spread: 0.05 }),
    subscribers({ count: 12_000, billed: 'when joined', interval: 'month', joining: 60, leaving: 0.1 }),
    refundsAtOnce,
    disputes,
  ],
  quiet: disturbancesNamed('promotion', 'identical-purchases', 'stubborn', 'bad-day'),
  incidents: () => [cardTesting, duplicateCharge, chargeFailureSpike, fraudSpike, refundSpike],
}

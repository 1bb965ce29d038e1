import { cardTesting } from '../../incidents/card-testing.ts'
import { currencyMismatch } from '../../incidents/currency-mismatch.ts'
import { negativeInvoice } from '../../incidents/negative-invoice.ts'
import { planDowngrade } from '../../incidents/plan-downgrade.ts'
import { silentLapse } from '../../incidents/silent-lapse.ts'
import { timezoneBillingError } from '../../incidents/timezone-billing-error.ts'
import type { Profile } from '../../profile.ts'
import { disturbancesNamed } from '../../quiet/registry.ts'
import type { Business } from '../business.ts'
import { disputes, monthlyClerk, refundsAtOnce } from '../habits/complaints.ts'
import { datedAhead } from '../habits/dated-ahead.ts'
import { type DebitRuns, debitRuns } from '../habits/debit-runs.ts'
import { migration } from '../habits/migration.ts'
import { subscribers } from '../habits/subscribers.ts'
import { terms } from '../habits/terms.ts'
import { webshop } from '../habits/webshop.ts'
import { alone } from '../incidents/alone.ts'
import { badMandates } from '../incidents/bad-mandates.ts'
import { doubleClick } from '../incidents/double-click.ts'
import { BUSINESS_SOFTWARE, OFFICE_HOURS, ONLINE_SHOP } from '../openings.ts'
import * as at from '../places.ts'
import { day } from './dates.ts'

const SOFTWARE: Partial<Profile> = {
  business: 'saas',
  guestShare: 0,
  orders: 'description',
  checkoutShare: 0.2,
}

const SEPA: DebitRuns = {
  method: 'sepa_debit',
  monthDays: [1],
  members: 180,
  failRate: 0.09,
  refused: [2, 4],
  paid: [5, 6],
}

const SUBSCRIBER_INCIDENTS = [silentLapse, timezoneBillingError, negativeInvoice, doubleClick, planDowngrade]

export const saas: Business = {
  name: 'saas',
  about:
    'software by the month, billed on the day of joining; smaller plans are credited on the next renewal',
  places: [at.BERLIN, at.NEW_YORK, at.SYDNEY],
  start: day(2026, 1, 5),
  days: 70,
  opening: BUSINESS_SOFTWARE,
  traits: (random) => ({ ...SOFTWARE, paymentsADay: random.between(25, 60), dollars: 35 }),
  habits: ({ paymentsADay }) => [
    subscribers({
      count: Math.round(paymentsADay * 28),
      billed: 'when joined',
      interval: 'month',
      joining: paymentsADay * 0.08,
      leaving: 0.03,
      smaller: 0.01,
    }),
    webshop({ share: 0.1 }),
    refundsAtOnce,
    disputes,
  ],
  quiet: [],
  incidents: () => [...SUBSCRIBER_INCIDENTS, alone(cardTesting)],
}

export const billedOnTheFirst: Business = {
  name: 'billed-on-the-first',
  about: 'a club with some hundred members, all billed on the 1st',
  places: [at.LONDON, at.SAO_PAULO, at.KOLKATA],
  start: day(2026, 1, 28),
  days: 100,
  opening: BUSINESS_SOFTWARE,
  traits: (random) => ({ ...SOFTWARE, paymentsADay: random.between(8, 20), dollars: 29 }),
  habits: ({ paymentsADay }) => [
    subscribers({
      count: Math.round(paymentsADay * 28),
      billed: 'on the 1st',
      interval: 'month',
      joining: 0.6,
      leaving: 0.02,
    }),
    monthlyClerk,
    disputes,
  ],
  quiet: [],
  incidents: () => [silentLapse, timezoneBillingError, negativeInvoice, currencyMismatch],
}

export const debitClub: Business = {
  name: 'debit-club',
  about: 'a club that debits its members on the 1st: refusals come days before the payments',
  places: [at.BERLIN, at.PARIS],
  start: day(2026, 1, 20),
  days: 112,
  opening: OFFICE_HOURS,
  traits: () => ({ paymentsADay: 12, dollars: 39, refundRate: 0.01 }),
  habits: () => [debitRuns(SEPA), webshop({ share: 0.6 }), disputes],
  quiet: [],
  incidents: (trade) => [currencyMismatch, negativeInvoice, badMandates(trade, SEPA)],
}

const ACH: DebitRuns = {
  method: 'us_bank_account',
  monthDays: [1, 15],
  members: 140,
  failRate: 0.05,
  refused: [2, 3],
  paid: [4, 4],
}

export const rents: Business = {
  name: 'rents',
  about: 'rents debited on the 1st and the 15th, and nothing else',
  places: [at.NEW_YORK, at.LOS_ANGELES],
  start: day(2026, 1, 12),
  days: 126,
  opening: OFFICE_HOURS,
  traits: () => ({ paymentsADay: 9, dollars: 1_100, disputeRate: 0.0002 }),
  habits: () => [debitRuns(ACH)],
  quiet: [],
  incidents: (trade) => [badMandates(trade, ACH)],
}

export const gym: Business = {
  name: 'gym',
  about: 'a gym that debits by Bacs on the 5th, and charges cards on the 1st with a week of retries',
  places: [at.LONDON],
  start: day(2026, 1, 20),
  days: 119,
  opening: BUSINESS_SOFTWARE,
  traits: () => ({ ...SOFTWARE, paymentsADay: 16, dollars: 32, declineRate: 0.13, disputeRate: 0.0004 }),
  habits: () => [
    subscribers({ count: 260, billed: 'on the 1st', interval: 'month', joining: 0.5, leaving: 0.03 }),
    debitRuns({
      method: 'bacs_debit',
      monthDays: [5],
      members: 160,
      failRate: 0.04,
      refused: [3, 5],
      paid: [6, 6],
    }),
    refundsAtOnce,
    disputes,
  ],
  quiet: disturbancesNamed('price-rise', 'chatter'),
  incidents: () => [silentLapse, negativeInvoice, timezoneBillingError],
}

export const annual: Business = {
  name: 'annual',
  about: 'software by the year: a few renewals a day',
  places: [at.BERLIN, at.TOKYO],
  start: day(2026, 1, 5),
  days: 98,
  opening: BUSINESS_SOFTWARE,
  traits: () => ({ ...SOFTWARE, paymentsADay: 7, dollars: 60, disputeRate: 0.0004 }),
  habits: () => [
    subscribers({
      count: 1_500,
      billed: 'when joined',
      interval: 'year',
      joining: 2,
      leaving: 0.01,
      trialDays: 14,
    }),
    refundsAtOnce,
    disputes,
    datedAhead,
  ],
  quiet: disturbancesNamed('planned-downgrades', 'chatter'),
  incidents: () => [silentLapse, negativeInvoice, doubleClick, timezoneBillingError],
}

export const migrated: Business = {
  name: 'migrated',
  about: 'software that moves some thousand subscriptions to Stripe in one night',
  places: [at.NEW_YORK, at.BERLIN],
  start: day(2026, 3, 2),
  days: 56,
  opening: BUSINESS_SOFTWARE,
  traits: () => ({ ...SOFTWARE, paymentsADay: 40, dollars: 20, listening: 'advised' }),
  habits: () => [
    subscribers({ count: 250, billed: 'when joined', interval: 'month', joining: 1.5, leaving: 0.03 }),
    migration(5_000, 10),
    refundsAtOnce,
    disputes,
  ],
  quiet: [],
  incidents: () => [silentLapse, timezoneBillingError, negativeInvoice, doubleClick],
}

export const agency: Business = {
  name: 'agency',
  about: 'work for businesses on terms of 30 to 90 days, some of it paid weeks late',
  places: [at.PARIS, at.CHICAGO, at.ADELAIDE],
  start: day(2026, 1, 5),
  days: 126,
  opening: OFFICE_HOURS,
  traits: (random) => ({
    business: 'b2b',
    guestShare: 0,
    checkoutShare: 0.5,
    paymentsADay: random.between(2, 6),
    dollars: 900,
  }),
  habits: () => [
    ...terms({ clients: 40, days: [30, 60, 90], late: 0.25 }),
    subscribers({
      count: 60,
      billed: 'when joined',
      interval: 'month',
      joining: 0.1,
      leaving: 0.01,
      daysUntilDue: 90,
    }),
    disputes,
  ],
  quiet: [],
  incidents: () => [negativeInvoice, currencyMismatch, timezoneBillingError],
}

export const smallShop: Business = {
  name: 'small-shop',
  about: 'a shop on the web that sells twice a day',
  places: [at.NEW_YORK, at.KATHMANDU, at.AUCKLAND],
  start: day(2026, 2, 2),
  days: 112,
  opening: ONLINE_SHOP,
  traits: () => ({ paymentsADay: 2, dollars: 60 }),
  habits: () => [webshop({ spread: 0.3 }), refundsAtOnce, disputes],
  quiet: [],
  incidents: () => [alone(cardTesting), currencyMismatch, negativeInvoice],
}

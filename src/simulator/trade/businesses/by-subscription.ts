import { cardTesting } from '../../incidents/card-testing.ts'
import { currencyMismatch } from '../../incidents/currency-mismatch.ts'
import { negativeInvoice } from '../../incidents/negative-invoice.ts'
import { planDowngrade } from '../../incidents/plan-downgrade.ts'
import { silentLapse } from '../../incidents/silent-lapse.ts'
import { timezoneBillingError } from '../../incidents/timezone-billing-error.ts'
import type { Profile } from '../../profile.ts'
import type { Business } from '../business.ts'
import { disputes, monthlyClerk, refundsAtOnce } from '../habits/complaints.ts'
import { debitRuns } from '../habits/debit-runs.ts'
import { migration } from '../habits/migration.ts'
import { subscribers } from '../habits/subscribers.ts'
import { terms } from '../habits/terms.ts'
import { webshop } from '../habits/webshop.ts'
import { alone } from '../incidents/alone.ts'
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
  habits: (_, random) => [
    debitRuns({
      method: 'sepa_debit',
      monthDays: [1],
      members: random.int(120, 300),
      failRate: 0.09,
      refused: [2, 4],
      paid: [5, 6],
    }),
    webshop({ share: 0.6 }),
    disputes,
  ],
  quiet: [],
  incidents: () => [currencyMismatch, negativeInvoice],
}

export const migrated: Business = {
  name: 'migrated',
  about: 'software that moves some thousand subscriptions to Stripe in one night',
  places: [at.NEW_YORK, at.BERLIN],
  start: day(2026, 3, 2),
  days: 56,
  opening: BUSINESS_SOFTWARE,
  traits: () => ({ ...SOFTWARE, paymentsADay: 40, dollars: 20 }),
  habits: () => [
    subscribers({ count: 250, billed: 'when joined', interval: 'month', joining: 1.5, leaving: 0.03 }),
    migration(1_500, 10),
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
      daysUntilDue: 60,
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

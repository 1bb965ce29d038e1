import { expect } from 'vitest'
import type { DetectorName } from '../../src/detection/detector.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, money, subjects } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { every } from '../support/times.ts'

/** What needs no long history to be told: by a replay among its detector's scenarios, and live by webhooks. */
export interface Incident {
  detector: DetectorName
  /** Its events around `at`; what comes one after another comes `pace` apart. */
  events: (shop: Merchant, at: Seconds, pace: Seconds) => Json[]
  /** What the anomaly says whose incident was at `at`. */
  says: (at: Seconds) => Json
  /** Who may rightly speak too. */
  beside?: readonly DetectorName[]
}

const ANA = { customer: 'cus_ana' }
const MONTH = 30 * DAY

export const chargedTwice: Incident = {
  detector: 'DUPLICATE_CHARGE',
  events: (shop, at) => [
    shop.paid(at, { ...ANA, id: 'ch_first', card: 'card_a' }),
    shop.paid(at + 2, { ...ANA, id: 'ch_second', card: 'card_b' }),
  ],
  says: (at) => ({
    severity: 'MEDIUM',
    status: 'OPEN',
    livemode: true,
    confidence: 1,
    customerId: 'cus_ana',
    impact: money(2_900, 'USD'),
    subjects: subjects('ch_first', 'ch_second', 'cus_ana'),
    startedAt: iso(at),
    detectedAt: iso(at + 2),
    occurrences: 2,
  }),
}

/** A customer who has paid 49.00 gets a manual invoice of -15.00. */
export const belowZero: Incident = {
  detector: 'NEGATIVE_INVOICE',
  events: (shop, at) => [
    ...shop.billed(at - 2 * MINUTE, { ...ANA, billing_reason: 'manual', total: 4_900 }),
    ...shop.billed(at, { ...ANA, id: 'in_odd', billing_reason: 'manual', total: -1_500 }),
  ],
  says: (at) => ({
    severity: 'MEDIUM',
    confidence: 1,
    customerId: 'cus_ana',
    impact: money(1_500, 'USD'),
    title: expect.stringContaining('15.00'),
    subjects: subjects('in_odd', 'cus_ana'),
    startedAt: iso(at),
    detectedAt: iso(at),
    occurrences: 1,
  }),
}

/** Three payments in dollars, then 0.92 times as much in euros on the same card. */
export const foreignCharge: Incident = {
  detector: 'CURRENCY_MISMATCH',
  events: (shop, at, pace) => [
    ...[2_700, 2_800, 2_900].map((amount, i) => shop.paid(at - (3 - i) * pace, { ...ANA, amount })),
    shop.paid(at, { ...ANA, id: 'ch_odd', currency: 'eur', amount: 2_668 }),
  ],
  says: (at) => ({
    severity: 'MEDIUM',
    confidence: 1,
    customerId: 'cus_ana',
    impact: money(2_668, 'EUR'),
    subjects: subjects('ch_odd', 'cus_ana'),
    startedAt: iso(at),
    detectedAt: iso(at),
    occurrences: 1,
  }),
}

/** A month that had five hours to go is followed by the next one, which is paid. */
export const turnedEarly: Incident = {
  detector: 'TIMEZONE_BILLING_ERROR',
  events: (shop, at) => {
    const end = at + 5 * HOUR
    const plan = { ...ANA, id: 'sub_ana', created: end - MONTH }
    const bill = { ...ANA, subscription: 'sub_ana', billing_reason: 'subscription_cycle' }
    return [
      shop.changed(
        at,
        { ...plan, start: end - MONTH, end },
        { ...plan, start: at, end: at + MONTH },
        { request: null },
      ),
      ...shop.billed(at, { ...bill, period: [at, at + MONTH] }),
    ]
  },
  says: (at) => ({
    severity: 'MEDIUM',
    confidence: 1,
    customerId: 'cus_ana',
    impact: money(2_900, 'USD'),
    message: expect.stringContaining('5 hours too early'),
    subjects: subjects('sub_ana', 'cus_ana'),
    startedAt: iso(at),
    detectedAt: iso(at),
  }),
}

/** 289 seats at 5.00 become 8, before anything is known of the tenant. */
export const seatsGone: Incident = {
  detector: 'PLAN_DOWNGRADE',
  events: (shop, at) => {
    const plan = { ...ANA, id: 'sub_ana', start: at - 10 * DAY, end: at + 20 * DAY }
    const seats = (quantity: number) => ({ ...plan, items: [{ unit: 500, quantity }] })
    return [shop.changed(at, seats(289), seats(8))]
  },
  says: (at) => ({
    severity: 'HIGH',
    confidence: 1,
    customerId: 'cus_ana',
    impact: money(281 * 500, 'USD'),
    message: expect.stringContaining('from 289 to 8 seats'),
    subjects: subjects('sub_ana', 'cus_ana'),
    startedAt: iso(at),
    detectedAt: iso(at),
  }),
}

/** Twelve guests, each with another card, have a wrong security code. */
export const guessedCards: Incident = {
  detector: 'CARD_TESTING',
  events: (shop, at, pace) =>
    every(at, pace, 12).map((when, i) =>
      shop.declined(when, {
        id: `ch_try_${i}`,
        customer: null,
        amount: 4_000,
        code: 'incorrect_cvc',
        reason: 'incorrect_cvc',
      }),
    ),
  says: (at) => ({
    severity: 'HIGH',
    customerId: null,
    occurrences: 12,
    impact: null,
    startedAt: iso(at),
    subjects: subjects('ch_try_0', 'ch_try_11'),
    message: expect.stringMatching(/^12 different cards have failed/),
  }),
  beside: ['CHARGE_FAILURE_SPIKE'],
}

/** Thirty payments up to `at` go through, the twenty after it do not. */
export const collapse: Incident = {
  detector: 'CHARGE_FAILURE_SPIKE',
  events: (shop, at, pace) => [
    ...every(at - 30 * pace, pace, 30).map((when) => shop.paid(when)),
    ...every(at, pace, 20).map((when, i) => shop.declined(when, { id: `ch_bad_${i}` })),
  ],
  says: (at) => ({
    severity: 'CRITICAL',
    customerId: null,
    impact: money(20 * 2_900, 'USD'),
    startedAt: iso(at),
    endedAt: null,
    subjects: subjects('ch_bad_0', 'ch_bad_19'),
    message: expect.stringContaining('“refused by the bank without a reason” (20)'),
  }),
}

import { expect } from 'vitest'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import type { Trade } from '../support/checkout.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, money, scenarios } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { every, MONDAY } from '../support/times.ts'
import { guessedCards } from './incidents.ts'

const NOW: Seconds = MONDAY + 14 * DAY + 12 * HOUR

/** Payments of 10.00 to 100.00; one in fifteen is refused, a fifth of those for a wrong security code. */
const ordinary: Omit<Trade, 'perDay'> = {
  amount: (_, random) => 1_000 + Math.floor(random() * 9_000),
  failing: 1 / 15,
  reasons: ['do_not_honor', 'insufficient_funds', 'insufficient_funds', 'incorrect_cvc', 'expired_card'],
}

/** Two weeks until NOW, and the day after it, in which no security code is wrong but those of the scenario. */
const weeks = (shop: Merchant): Json[] => [
  ...shop.trade(NOW - 14 * DAY, NOW, { ...ordinary, perDay: 60 }),
  ...shop.trade(NOW, NOW + DAY, { ...ordinary, perDay: 60, reasons: ['do_not_honor'], seed: 2 }),
]

/** Cards of guests with a wrong security code. */
const wrongCvc = (shop: Merchant, step: Seconds, number: number, fields: Json = {}): Json[] =>
  every(NOW, step, number).map((at, i) =>
    shop.declined(at, {
      id: `ch_try_${i}`,
      customer: null,
      code: 'incorrect_cvc',
      reason: 'incorrect_cvc',
      amount: 4_000,
      ...fields,
    }),
  )

/** So many failures are a spike of failures, too. */
const FAILURES = ['CHARGE_FAILURE_SPIKE'] as const

scenarios('CARD_TESTING', {
  quiet: [
    [
      'when a gateway refuses 300 payments of ordinary amounts',
      (shop) => [
        ...weeks(shop),
        ...every(NOW, 12, 300).map((at, i) => shop.declined(at, { amount: 1_000 + i * 30 })),
      ],
      FAILURES,
    ],
    [
      'at one customer with nine tries of two cards',
      (shop) => [
        ...weeks(shop),
        ...every(NOW, MINUTE, 9).map((at, i) =>
          shop.declined(at, { customer: 'cus_lost', card: `card_lost_${i % 2}`, reason: 'incorrect_cvc' }),
        ),
      ],
    ],
    [
      'at eleven wrong security codes in an hour',
      (shop) => [...weeks(shop), ...wrongCvc(shop, 5 * MINUTE, 11)],
      FAILURES,
    ],
    [
      'when a promotion brings five times the tries',
      (shop) =>
        shop.trade(NOW - 14 * DAY, NOW + DAY, {
          ...ordinary,
          perDay: 100,
          factor: (at) => (at < NOW ? 1 : 5),
        }),
    ],
    [
      'when forty renewals fail, whatever their banks say',
      (shop) => [
        ...weeks(shop),
        ...every(NOW, 10 * MINUTE, 40).map((at, i) =>
          shop.declined(at, {
            reason: 'stolen_card',
            invoice: `in_${i}`,
            description: 'Subscription update',
          }),
        ),
      ],
      FAILURES,
    ],
  ],
  firing: [
    [
      'at twelve guests with a wrong security code in twenty minutes',
      (shop) => [...weeks(shop), ...guessedCards.events(shop, NOW, 100)],
      {
        ...guessedCards.says(NOW),
        status: 'RESOLVED',
        detectedAt: iso(NOW + 1_100),
        endedAt: iso(NOW + 1_100),
      },
      FAILURES,
    ],
    [
      'at 45 cards in five hours at the cheapest price, however they are refused',
      (shop) => [
        ...weeks(shop),
        ...wrongCvc(shop, 400, 45, { code: 'card_declined', reason: 'generic_decline', amount: 100 }),
      ],
      { severity: 'HIGH', customerId: null, startedAt: iso(NOW), endedAt: expect.any(String) },
      FAILURES,
    ],
    [
      'at sixty cards that could not be saved',
      (shop) => [
        ...weeks(shop),
        ...every(NOW, MINUTE, 60).map((at, i) => shop.setupRefused(at, `card_guess_${i}`)),
      ],
      {
        severity: 'CRITICAL',
        occurrences: 60,
        customerId: null,
        startedAt: iso(NOW),
        endedAt: iso(NOW + 59 * MINUTE),
      },
    ],
    [
      'and counts what went through as money at risk',
      (shop) => [
        ...weeks(shop),
        ...wrongCvc(shop, MINUTE, 30, { amount: 100 }),
        ...every(NOW + 15 * MINUTE + 5, 5 * MINUTE, 3).map((at) =>
          shop.paid(at, { customer: null, amount: 100 }),
        ),
      ],
      { severity: 'HIGH', impact: money(300, 'USD') },
      FAILURES,
    ],
  ],
})

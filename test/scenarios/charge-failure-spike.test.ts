import { expect } from 'vitest'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import type { PaymentFields } from '../support/checkout.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, scenarios, subjects } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { every, MONDAY } from '../support/times.ts'
import { collapse } from './incidents.ts'

const NOW: Seconds = MONDAY + 21 * DAY + 12 * HOUR

/** So many good and bad payments, evenly mixed. */
const mixed = (shop: Merchant, from: Seconds, step: Seconds, good: number, bad: number): Json[] => {
  const isBad = (i: number) =>
    Math.floor(((i + 1) * bad) / (good + bad)) > Math.floor((i * bad) / (good + bad))
  return every(from, step, good + bad).map((at, i) => (isBad(i) ? shop.declined(at) : shop.paid(at)))
}

/** Three weeks in which so many payments a day come and one in twenty fails. */
const weeks = (shop: Merchant, perDay: number, until = NOW): Json[] =>
  shop.trade(NOW - 21 * DAY, until, { perDay, failing: 0.05 })

const failures = (shop: Merchant, number: number, fields: PaymentFields = {}): Json[] =>
  every(NOW, MINUTE, number).map((at, i) => shop.declined(at, { id: `ch_bad_${i}`, ...fields }))

scenarios('CHARGE_FAILURE_SPIKE', {
  quiet: [
    [
      'when 12% fail for a day at 5,000 payments where 8% are usual',
      (shop) => [
        ...shop.trade(NOW - 1.5 * DAY, NOW, { perDay: 5_000, failing: 0.08 }),
        ...shop.trade(NOW, NOW + DAY, { perDay: 5_000, failing: 0.12, seed: 2 }),
      ],
    ],
    ['at seven failures in a row', (shop) => [...weeks(shop, 20, NOW + DAY), ...failures(shop, 7)]],
    [
      'when one customer fails thirty times',
      (shop) => [...weeks(shop, 20, NOW + DAY), ...failures(shop, 30, { customer: 'cus_angry' })],
    ],
    [
      'on a day on which forty old failures are tried again',
      (shop) => {
        const people = Array.from({ length: 40 }, (_, n) => ({
          customer: `cus_old_${n}`,
          invoice: `in_old_${n}`,
        }))
        const tried = (from: Seconds, step: Seconds) =>
          people.flatMap(({ customer, invoice: id }, n) =>
            shop.refused(from + n * step, { customer, id, total: 2_900 }),
          )
        return [...weeks(shop, 100, NOW + DAY), ...tried(NOW - 5 * DAY, 3 * HOUR), ...tried(NOW, MINUTE)]
      },
    ],
    ['at thirty good and six bad payments on the first day', (shop) => mixed(shop, NOW, 20 * MINUTE, 30, 6)],
    [
      'when Radar blocks what it takes for fraud',
      (shop) => [
        ...weeks(shop, 100, NOW + DAY),
        ...every(NOW, 2 * HOUR, 11).map((at) =>
          shop.declined(at, {
            outcome: { type: 'blocked', reason: 'highest_risk_level', risk_level: 'highest' },
          }),
        ),
      ],
    ],
  ],
  firing: [
    [
      'when a quarter of 200 payments fails where 8% are usual',
      (shop) => [
        ...shop.trade(NOW - 21 * DAY, NOW, { perDay: 100, failing: 0.08 }),
        ...mixed(shop, NOW, 4 * MINUTE, 150, 50),
        ...mixed(shop, NOW + 200 * 4 * MINUTE, 4 * MINUTE, 185, 15),
      ],
      {
        severity: 'MEDIUM',
        status: 'RESOLVED',
        customerId: null,
        impact: expect.objectContaining({ currency: 'USD' }),
        message: expect.stringMatching(
          /\d+ of \d+ payments have failed since .* \(\d\d%\), where about \d(\.\d)?% would be usual/,
        ),
        endedAt: expect.any(String),
      },
    ],
    [
      'when eight of eight fail after 200 payments with 5%',
      (shop) => [
        ...mixed(shop, NOW - 18 * DAY, 2 * HOUR, 190, 10),
        ...mixed(shop, NOW - DAY, HOUR, 20, 0),
        ...failures(shop, 8),
        ...every(NOW + HOUR, HOUR, 30).map((at) => shop.paid(at)),
      ],
      {
        severity: 'CRITICAL',
        occurrences: 8,
        detectedAt: iso(NOW + 7 * MINUTE),
        impact: expect.objectContaining({ amount: 8 * 2_900, currency: 'USD' }),
        subjects: subjects('ch_bad_0', 'ch_bad_7'),
        advice: expect.stringContaining('do_not_honor'),
      },
    ],
    [
      'when twenty fail after thirty good ones on the first day',
      (shop) => collapse.events(shop, NOW, MINUTE),
      collapse.says(NOW),
    ],
  ],
})

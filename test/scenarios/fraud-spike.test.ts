import { expect } from 'vitest'
import { DAY, HOUR, type Seconds } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { iso, money, scenarios, subjects } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { every, MONDAY } from '../support/times.ts'

const NOW: Seconds = MONDAY + 10 * HOUR
const END = NOW + 4 * DAY

/** Weeks of payments, so many a day, and disputes at even distance. */
const shop = (at: Merchant, perDay: number, disputesPerDay: number, from = NOW - 40 * DAY): Json[] => {
  const step = Math.floor(DAY / disputesPerDay)
  return [
    ...at.trade(from, END, { perDay }),
    ...every(from + step, step, Math.floor((NOW - from) / step) - 1).flatMap((when) => at.disputed(when)),
  ]
}

const burst = (at: Merchant, number: number, within: Seconds, fields: Json = {}): Json[] =>
  every(NOW, Math.floor(within / number), number).flatMap((when, i) =>
    at.disputed(when, { charge: `ch_bad_${i}`, ...fields }),
  )

scenarios('FRAUD_SPIKE', {
  quiet: [
    ['at three disputes in a day at a small shop', (at) => [...shop(at, 20, 1 / 30), ...burst(at, 3, DAY)]],
    [
      'at twelve in four days where eight are usual',
      (at) => [...shop(at, 500, 2, NOW - 18 * DAY), ...burst(at, 12, 4 * DAY)],
    ],
    [
      'when warnings and disputes tell of the same three payments',
      (at) => [
        ...shop(at, 20, 1 / 30),
        ...burst(at, 3, 3 * HOUR),
        ...[0, 1, 2].map((n) => at.warned(NOW - 2 * HOUR + n, { charge: `ch_bad_${n}` })),
      ],
    ],
    [
      'at inquiries, which move no money',
      (at) => [...shop(at, 20, 1 / 30), ...burst(at, 8, DAY, { status: 'warning_needs_response' })],
    ],
  ],
  firing: [
    [
      'at four in a day where one a month is usual',
      (at) => [...shop(at, 20, 1 / 30), ...burst(at, 4, DAY)],
      {
        severity: 'MEDIUM',
        status: 'RESOLVED',
        customerId: null,
        occurrences: 4,
        impact: money(4 * 2_900, 'USD'),
        startedAt: iso(NOW),
        detectedAt: iso(NOW + 18 * HOUR),
        endedAt: iso(NOW + 18 * HOUR),
        subjects: subjects('ch_bad_0', 'ch_bad_3'),
        message: expect.stringContaining('“suspected fraud” (4)'),
      },
    ],
    [
      'at five a day for two days where 0.6 are usual',
      (at) => [...shop(at, 200, 0.6, NOW - 30 * DAY), ...burst(at, 10, 2 * DAY)],
      { severity: 'HIGH', impact: expect.objectContaining({ currency: 'USD' }), endedAt: expect.any(String) },
    ],
    [
      'at warnings alone, before any dispute',
      (at) => [...shop(at, 20, 1 / 30), ...every(NOW, HOUR, 6).map((when) => at.warned(when))],
      { severity: 'HIGH', occurrences: 6, impact: null, startedAt: iso(NOW), endedAt: iso(NOW + 5 * HOUR) },
    ],
  ],
})

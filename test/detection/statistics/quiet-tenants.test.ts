import { describe, expect, it } from 'vitest'
import type { AnyDetector } from '../../../src/detection/detector.ts'
import { cardTesting } from '../../../src/detection/detectors/card-testing/detector.ts'
import { chargeFailureSpike } from '../../../src/detection/detectors/charge-failure-spike/detector.ts'
import { fraudSpike } from '../../../src/detection/detectors/fraud-spike/detector.ts'
import { refundSpike } from '../../../src/detection/detectors/refund-spike/detector.ts'
import { revenueDrop } from '../../../src/detection/detectors/revenue-drop/detector.ts'
import { webhookLag } from '../../../src/detection/detectors/webhook-lag/detector.ts'
import type { Fact } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { driveHistory, type Late } from '../../support/drive.ts'
import { captured, disputed, failed, refunded, succeeded } from '../../support/facts.ts'
import { arrivals, daily, MONDAY, type Random, seeded } from '../../support/times.ts'

const RATES: readonly AnyDetector[] = [
  webhookLag,
  chargeFailureSpike,
  cardTesting,
  fraudSpike,
  refundSpike,
  revenueDrop,
]
const REASONS = [
  'do_not_honor',
  'insufficient_funds',
  'insufficient_funds',
  'generic_decline',
  'expired_card',
  'incorrect_cvc',
]

interface Tenant {
  perDay: number
  declines: number
  weekend: number
  recurring: number
  currencies: readonly string[]
}

/** Weeks in which nothing happens that one would want to hear of. The sixth week is thirty days after the first. */
function life(
  seed: number,
  days: number,
  { perDay, declines, weekend, recurring, currencies }: Tenant,
): Late[] {
  const random = seeded(seed)
  const from = MONDAY + Math.floor(random() * 7) * DAY
  const until = from + days * DAY
  const rate = daily(perDay, weekend)
  const moods = Array.from({ length: days + 30 }, () => 0.85 + 0.3 * random())
  const day = (at: Seconds) => Math.floor((at - from) / DAY)
  const busy = (at: Seconds) =>
    rate(at) * (moods[day(at) + 30] ?? 1) * (((day(at) % 30) + 30) % 30 === 9 ? 4 : 1)
  // The tenant was there before we were: its early refunds and disputes are of payments that we never saw.
  return arrivals(from - 30 * DAY, until, busy, random)
    .flatMap((at) => paid(at, random, declines, random() < recurring, currencies))
    .filter(({ at }) => at >= from && at < until)
    .map(
      (fact): Late =>
        random() < 0.002 ? { ...fact, lag: Math.floor(random() * random() * 30 * HOUR) } : fact,
    )
    .filter(({ at, lag = 0 }) => at + lag < until)
}

function paid(
  at: Seconds,
  random: Random,
  declines: number,
  recurring: boolean,
  currencies: readonly string[],
): Fact[] {
  const amount = Math.round(1_500 * Math.exp(2.5 * random()))
  const pay = { amount, recurring, currency: currencies[Math.floor(random() * currencies.length)] ?? 'usd' }
  if (random() < declines) {
    const reason = REASONS[Math.floor(random() * REASONS.length)] ?? 'do_not_honor'
    const first = failed(at, { ...pay, reason })
    const again = Array.from(
      { length: Math.floor(3 * random()) },
      (_, i) => (i + 1) * (recurring ? 3 * DAY : 60),
    )
    return [
      first,
      ...again.map((later) => ({
        ...first,
        at: at + later,
        charge: `${first.charge}_${later}`,
        eventId: `${first.eventId}_${later}`,
      })),
    ]
  }
  const good = succeeded(at, pay)
  const facts: Fact[] = [good, captured(at, pay)]
  if (random() < 0.02)
    facts.push(refunded(at + Math.floor(10 * random() * DAY), { charge: good.charge, amount }))
  if (random() < 0.0015)
    facts.push(disputed(at + Math.floor(25 * random() * DAY), { charge: good.charge, amount }))
  return facts
}

describe('tenants to whom nothing happens', () => {
  const cases: [name: string, seeds: number, days: number, tenant: Tenant][] = [
    ['a small shop', 6, 56, { perDay: 3, declines: 0.08, weekend: 1, recurring: 0, currencies: ['usd'] }],
    [
      'a business that sells on weekdays',
      4,
      56,
      { perDay: 30, declines: 0.05, weekend: 0.1, recurring: 0.3, currencies: ['eur', 'usd'] },
    ],
    [
      'a subscription service',
      3,
      56,
      { perDay: 100, declines: 0.05, weekend: 1, recurring: 0.9, currencies: ['usd'] },
    ],
    [
      'a risky shop in three currencies',
      2,
      49,
      { perDay: 200, declines: 0.2, weekend: 1.6, recurring: 0, currencies: ['usd', 'jpy', 'kwd'] },
    ],
    [
      'a large shop',
      1,
      35,
      { perDay: 700, declines: 0.08, weekend: 1.4, recurring: 0.2, currencies: ['usd', 'gbp'] },
    ],
  ]
  it.each(cases)('%s: hear nothing for weeks', (_, seeds, days, tenant) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { incidents } = driveHistory(RATES, life(seed, days, tenant))
      expect(incidents.map(({ detector, message }) => `${detector}: ${message}`)).toEqual([])
    }
  })
})

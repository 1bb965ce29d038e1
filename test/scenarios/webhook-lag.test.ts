import { expect } from 'vitest'
import { DAY, HOUR, MINUTE, type Seconds } from '../../src/time.ts'
import { late, scenarios } from '../support/scenarios.ts'
import type { Json } from '../support/stripe/basics.ts'
import { MONDAY } from '../support/times.ts'

/** A Tuesday, early in the afternoon. */
const NOW: Seconds = MONDAY + 22 * DAY + 13 * HOUR + 30 * MINUTE
const [BEGIN, END] = [NOW - 21 * DAY, NOW + 2 * DAY]

const at = (event: Json): Seconds => Number(event['created'])
const isIn = (event: Json, from: Seconds, to: Seconds): boolean => at(event) >= from && at(event) < to

scenarios('WEBHOOK_LAG', {
  quiet: [
    [
      'at one event that is two hours late',
      (shop) => [...shop.trade(BEGIN, END, { perDay: 20 }), ...late([shop.paid(NOW)], 2 * HOUR)],
    ],
    [
      'when a day of events is delivered again, hours and days later',
      (shop) => {
        const events = shop.trade(BEGIN, END, { perDay: 40 })
        const again = events.filter((event) => isIn(event, NOW - DAY, NOW))
        return [...events, ...late(again, 3 * HOUR), ...late(again, 1.5 * DAY)]
      },
    ],
    ['in the nights of a small tenant', (shop) => shop.trade(BEGIN, END, { perDay: 15 })],
    [
      'on the weekends of a business that works on weekdays',
      (shop) => shop.trade(BEGIN, NOW + 14 * DAY, { perDay: 120, weekend: 0.02 }),
    ],
    [
      'when a small tenant hears nothing for a day',
      (shop) => shop.trade(BEGIN, END, { perDay: 4 }).filter((event) => !isIn(event, NOW, NOW + DAY)),
    ],
  ],
  firing: [
    [
      'when half the events are half an hour late for three hours',
      (shop) =>
        shop
          .trade(BEGIN, END, { perDay: 300 })
          .flatMap((event, i) =>
            i % 2 === 0 && isIn(event, NOW, NOW + 3 * HOUR) ? late([event], 30 * MINUTE) : [event],
          ),
      {
        severity: 'MEDIUM',
        status: 'RESOLVED',
        customerId: null,
        impact: null,
        title: "Stripe's events arrive about 30 minutes late",
        endedAt: expect.any(String),
      },
    ],
    [
      'when nothing comes for three hours in which 26 payments are usual',
      (shop) => shop.trade(BEGIN, END, { perDay: 120 }).filter((event) => !isIn(event, NOW, NOW + 3 * HOUR)),
      {
        severity: 'HIGH',
        status: 'RESOLVED',
        customerId: null,
        impact: null,
        detectedAt: expect.stringMatching(/^2025-03-25T16:/),
        message: expect.stringMatching(/^No events have arrived from Stripe since Tue 25 Mar, 13:/),
        endedAt: expect.stringMatching(/^2025-03-25T16:/),
      },
    ],
    [
      'once at a silence of nine hours and the backlog after it, while nobody takes it for a drop',
      (shop) =>
        shop
          .trade(BEGIN, END, { perDay: 200 })
          .flatMap((event) =>
            isIn(event, NOW, NOW + 9 * HOUR)
              ? late([event], NOW + 9 * HOUR + (at(event) % HOUR) - at(event))
              : [event],
          ),
      { severity: 'CRITICAL', status: 'RESOLVED', endedAt: expect.any(String) },
    ],
  ],
})

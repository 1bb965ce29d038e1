import { expect } from 'vitest'
import { DAY } from '../../src/time.ts'
import type { Merchant } from '../support/merchant.ts'
import { cases } from '../support/scenarios.ts'
import { START } from '../support/stripe/basics.ts'

const MONTH = 30 * DAY
const turn = (n: number): number => START + n * MONTH

/** A monthly subscription whose invoices of months `unpaid` stay open while later ones are paid, until all are settled at once. */
const arrears = (shop: Merchant, unpaid: readonly number[], settledBy: 'void' | 'paid') => {
  const [sub, months] = [{ id: 'sub_1', customer: 'cus_1' }, 11]
  const period = (n: number) => ({ start: turn(n), end: turn(n + 1) })
  const bill = (n: number) => ({
    id: `in_${n}`,
    customer: 'cus_1',
    subscription: 'sub_1',
    created: turn(n),
    billing_reason: n === 0 ? 'subscription_create' : 'subscription_cycle',
    period: [turn(n), turn(n + 1)] as const,
  })
  const events = [shop.subscribed(turn(0), { ...sub, ...period(0) }), ...shop.billed(turn(0) + 60, bill(0))]
  for (let n = 1; n < months; n += 1) {
    events.push(
      shop.changed(turn(n), { ...sub, ...period(n - 1) }, { ...sub, ...period(n) }, { request: null }),
    )
    events.push(
      ...(unpaid.includes(n)
        ? [shop.finalized(turn(n) + 3_600, bill(n))]
        : shop.billed(turn(n) + 3_600, bill(n))),
    )
  }
  const end = turn(months - 1) + 10 * DAY
  for (const n of unpaid)
    events.push(...(settledBy === 'void' ? [shop.voided(end, bill(n))] : shop.billed(end, bill(n)).slice(-1)))
  return [...events, ...shop.notes(end, end + 10 * DAY)]
}

cases('objects that live for months', [
  {
    name: 'a paid renewal that is tagged 40 days later is not renewed again',
    history: (shop) => {
      const bill = (n: number) => ({
        id: `in_${n}`,
        customer: 'cus_1',
        subscription: 'sub_1',
        created: turn(n),
        billing_reason: 'subscription_cycle',
        period: [turn(n), turn(n + 1)] as const,
      })
      return [
        ...shop.billed(turn(0), bill(0)),
        ...shop.billed(turn(1), bill(1)),
        shop.tagged(turn(1) + 40 * DAY, bill(1)),
        shop.tagged(turn(1) + 40 * DAY + 5, bill(0)),
      ]
    },
    about: ['TIMEZONE_BILLING_ERROR', 'NEGATIVE_INVOICE'],
    says: [],
  },
  {
    name: 'an invoice below zero that is tagged 50 and 120 days later is one',
    history: (shop) => {
      const bill = { id: 'in_1', customer: 'cus_1', total: -1_500, created: START, billing_reason: 'manual' }
      return [
        shop.finalized(START, bill),
        shop.tagged(START + 50 * DAY, bill),
        shop.tagged(START + 120 * DAY, bill),
      ]
    },
    says: [{ detector: 'NEGATIVE_INVOICE', startedAt: new Date(START * 1_000).toISOString() }],
  },
  {
    name: 'a renewal on terms that is paid after 40 days is no second renewal',
    history: (shop) => {
      const bill = {
        id: 'in_1',
        customer: 'cus_1',
        subscription: 'sub_1',
        created: START,
        billing_reason: 'subscription_cycle',
        collection_method: 'send_invoice',
        period: [START, turn(1)] as const,
      }
      return [shop.finalized(START, bill), ...shop.billed(START + 40 * DAY, bill).slice(-1)]
    },
    says: [],
  },
  ...(['void', 'paid'] as const).map((settledBy) => ({
    name: `arrears that are ${settledBy} in one go leave no lapse open, and bring none of what was paid`,
    history: (shop: Merchant) => arrears(shop, [2, 3, 4, 5, 6], settledBy),
    about: ['SILENT_LAPSE'] as const,
    says: [{ startedAt: new Date(turn(2) * 1_000).toISOString(), endedAt: expect.any(String) }],
  })),
])

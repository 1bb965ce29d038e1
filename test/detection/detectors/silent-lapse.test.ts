import { describe, expect, test } from 'vitest'
import { DAY, HOUR, type Seconds } from '../../../src/time.ts'
import { changed, dropped, ended, finalized, invoiceCreated, paid, pending } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'
import {
  begun,
  DUE,
  type Fact,
  firstPaid,
  judge,
  late,
  MONTH,
  period,
  renewal,
  renewed,
  rolled,
} from './monthly-subscription.ts'

const issued = finalized(DUE + HOUR, { invoice: 'in_1', created: DUE, ...renewal })
const recovered = changed(DUE + 5 * DAY, { status: 'active', previousStatus: 'past_due', ...period(DUE) })

/** What happened, and how long after DUE it is still quiet. */
const quiet: [string, Fact[], Seconds][] = [
  [
    'a first payment by bank debit that is under way',
    [
      changed(DUE, { isNew: true, ...period(DUE) }),
      invoiceCreated(DUE, { invoice: 'in_1', ...renewal, reason: 'subscription_create' }),
      { ...issued, at: DUE, reason: 'subscription_create' },
      pending(DUE, { recurring: true }),
    ],
    13 * DAY,
  ],
  [
    'a bank debit that is under way',
    [...begun, rolled, issued, pending(DUE + HOUR, { recurring: true })],
    14 * DAY,
  ],
  ['due + 2.9 days', [...begun, rolled], 2.9 * DAY],
  ['past_due on day 10', [...begun, rolled, late], 10 * DAY],
  ['past_due just under 28 days', [...begun, rolled, late], 28 * DAY - 1],
  ['a renewal that was paid', [...begun, rolled, renewed], 30 * DAY],
  ['a recovery from dunning whose paid invoice is told late', [...begun, rolled, late, recovered], 28 * DAY],
  ['a renewal that was paid without its line', [...begun, rolled, { ...renewed, end: DUE }], 30 * DAY],
  ['a 100% coupon', [...begun, rolled, { ...renewed, total: 0, amountPaid: 0 }], 30 * DAY],
  [
    'a renewal that was voided',
    [...begun, rolled, dropped(DUE + HOUR, { invoice: 'in_1', created: DUE, ...renewal })],
    30 * DAY,
  ],
  [
    'an annual plan on day 200',
    [
      changed(MONDAY, { isNew: true, interval: 'year', ...period(MONDAY, 365 * DAY) }),
      { ...firstPaid, end: MONDAY + 365 * DAY },
    ],
    200 * DAY,
  ],
  [
    'an annual plan first seen in its middle',
    [changed(MONDAY, { interval: 'year', ...period(MONDAY - 100 * DAY, 365 * DAY) })],
    200 * DAY,
  ],
  [
    'a plan of three months in its second',
    [
      changed(MONDAY, { isNew: true, count: 3, ...period(MONDAY, 92 * DAY) }),
      { ...firstPaid, end: MONDAY + 92 * DAY },
    ],
    60 * DAY,
  ],
  [
    'a plan of three months paid without its line',
    [
      changed(MONDAY, { isNew: true, count: 3, ...period(MONDAY, 92 * DAY) }),
      (({ start: _, end: __, ...rest }) => rest)(firstPaid),
    ],
    60 * DAY,
  ],
  ['an invoice that was sent 20 days ago', [...begun, { ...rolled, sendInvoice: true }], 20 * DAY],
  ['an invoice that was sent, 32.9 days ago', [...begun, { ...rolled, sendInvoice: true }], 32.9 * DAY],
  [
    'an invoice with 60 days to pay',
    [...begun, { ...rolled, sendInvoice: true, daysUntilDue: 60 }],
    62 * DAY,
  ],
  [
    'paused collection',
    [...begun, changed(MONDAY + DAY, { paused: true, ...period(MONDAY) }), { ...rolled, paused: true }],
    90 * DAY,
  ],
  ['a status of paused', [...begun, { ...rolled, status: 'paused' }], 90 * DAY],
  [
    'one that was cancelled to its period’s end',
    [...begun, changed(MONDAY + DAY, { cancelAtEnd: true, cancelAt: DUE, ...period(MONDAY) })],
    90 * DAY,
  ],
  ['one that has ended', [...begun, ended(DUE, { ...period(MONDAY) })], 90 * DAY],
  ['a free plan', [...begun, { ...rolled, price: 0 }], 90 * DAY],
  ['a price that is not known', [...begun, (({ price: _, ...rest }) => rest)(rolled)], 90 * DAY],
  ['incomplete', [changed(MONDAY, { isNew: true, status: 'incomplete', ...period(MONDAY) })], 90 * DAY],
  ['unpaid', [...begun, rolled, { ...late, status: 'unpaid' }], 90 * DAY],
  [
    'a running trial',
    [changed(MONDAY, { isNew: true, status: 'trialing', trialEnd: DUE, ...period(MONDAY) })],
    2 * DAY,
  ],
  [
    'a trial that was made longer',
    [
      changed(MONDAY, { isNew: true, status: 'trialing', trialEnd: DUE, ...period(MONDAY) }),
      changed(MONDAY + DAY, {
        status: 'trialing',
        trialEnd: DUE + MONTH,
        reanchored: true,
        ...period(MONDAY, 2 * MONTH),
      }),
    ],
    20 * DAY,
  ],
  [
    'a cycle that was anchored anew',
    [...begun, changed(DUE - DAY, { reanchored: true, ...period(DUE - DAY) })],
    20 * DAY,
  ],
  [
    'one that was resumed in the period after the paused one',
    [
      ...begun,
      changed(MONDAY + DAY, { paused: true, ...period(MONDAY) }),
      { ...rolled, paused: true },
      changed(DUE + DAY, { ...period(DUE) }),
    ],
    30 * DAY,
  ],
  [
    'a change an hour ago',
    [...begun, rolled, changed(DUE + 3 * DAY - HOUR, { price: 4900, ...period(DUE) })],
    3 * DAY + 5 * HOUR - 1,
  ],
]

const firing: [string, Fact[], Seconds][] = [
  ['an invoice that is final and that nobody collects', [...begun, rolled, issued], 3 * DAY],
  [
    'an invoice that nobody collects, where payments at the checkout are bank debits',
    [...begun, rolled, issued, pending(DUE + HOUR)],
    3 * DAY,
  ],
  [
    'a draft, where other renewals are bank debits',
    [...begun, rolled, pending(DUE + HOUR, { recurring: true })],
    3 * DAY,
  ],
  [
    'a bank debit of which nothing is heard for two weeks',
    [...begun, rolled, issued, pending(DUE + HOUR, { recurring: true })],
    14 * DAY + HOUR,
  ],
  ['active, rolled, invoice still a draft', [...begun, rolled], 3 * DAY],
  ['no event at all', begun, 3 * DAY],
  [
    'a trial that is over without an invoice',
    [
      changed(MONDAY, { isNew: true, status: 'trialing', trialEnd: DUE, ...period(MONDAY) }),
      changed(DUE, { previousStatus: 'trialing', rolled: true, ...period(DUE) }),
    ],
    3 * DAY,
  ],
  [
    'a trial first seen when it ended',
    [changed(DUE, { previousStatus: 'trialing', ...period(DUE) })],
    3 * DAY,
  ],
  ['a period first seen when it turned', [rolled], 3 * DAY],
  ['one first seen in the middle of its period', [changed(MONDAY + DAY, { ...period(MONDAY) })], 3 * DAY],
  ['past_due for 28 days', [...begun, rolled, late], 28 * DAY],
  [
    'a recovery that paid the period before, while the new one’s invoice is a draft',
    [...begun, { ...rolled, status: 'past_due' }, { ...recovered, at: DUE + HOUR / 2 }],
    3 * DAY,
  ],
  ['an invoice that was sent 33 days ago', [...begun, { ...rolled, sendInvoice: true }], 33 * DAY],
  [
    'a plan of three months',
    [
      changed(MONDAY - 61 * DAY, { isNew: true, count: 3, start: MONDAY - 61 * DAY, end: DUE }),
      { ...firstPaid, at: MONDAY - 61 * DAY, end: DUE },
    ],
    3 * DAY,
  ],
  [
    'an end that was agreed for a later period',
    [...begun, { ...rolled, cancelAtEnd: true, cancelAt: DUE + 300 * DAY }],
    3 * DAY,
  ],
  [
    'an upgrade paid in between',
    [
      ...begun,
      paid(MONDAY + DAY, {
        invoice: 'in_u',
        reason: 'subscription_update',
        prorated: true,
        subscription: 'sub_1',
      }),
    ],
    3 * DAY,
  ],
  [
    'a change after the grace',
    [...begun, rolled, changed(DUE + 3 * DAY - HOUR, { price: 4900, ...period(DUE) })],
    3 * DAY + 5 * HOUR,
  ],
  [
    'a snapshot of the same second that is known to be older',
    [...begun, rolled, changed(DUE, { eventId: 'evt_z', late: true, cancelAtEnd: true, ...period(MONDAY) })],
    3 * DAY,
  ],
  [
    'a straggler that tells of an older state',
    [...begun, rolled, changed(DUE - 10, { cancelAtEnd: true, ...period(MONDAY) })],
    3 * DAY,
  ],
]

describe('a lapse', () => {
  test.each(quiet)('is not told of %s', (_, facts, after) => {
    expect(judge(facts).until(DUE + after).findings).toEqual([])
  })

  test.each(firing)('is told of %s', (_, facts, after) => {
    expect(judge(facts).until(DUE + after - 1).findings).toEqual([])
    const { operations, findings } = judge(facts).until(DUE + after)
    expect(findings).toHaveLength(1)
    expect(operations[0]?.at).toBe(DUE + after)
    expect(findings[0]).toMatchObject({
      fingerprint: 'sub_1',
      severity: 'HIGH',
      confidence: 1,
      startedAt: DUE,
      signs: 1,
      customer: 'cus_1',
      subjects: [
        { type: 'subscription', id: 'sub_1' },
        { type: 'customer', id: 'cus_1' },
      ],
    })
  })

  test('is told once, not every hour', () => {
    expect(judge([...begun, rolled]).until(DUE + 300 * DAY).findings).toHaveLength(1)
  })

  test('is told of each of a customer’s subscriptions for itself', () => {
    const twin = changed(DUE, { ...rolled, subscription: 'sub_2', price: 500 })
    const { findings } = judge([...begun, rolled, twin, renewed]).until(DUE + 4 * DAY)
    expect(findings).toMatchObject([{ fingerprint: 'sub_2', impact: { amount: 500, currency: 'usd' } }])
  })

  test('says what was owed, since when, and what to do', () => {
    const [finding] = judge([...begun, rolled]).until(DUE + 4 * DAY).findings
    expect(finding?.message).toContain('sub_1 of customer cus_1 has owed $29.00 since Thu 3 Apr, 00:00')
    expect(finding?.message).toContain('no payment has come for 3 days')
    expect(finding?.advice).toContain('draft')
    expect(finding?.impact).toEqual({ amount: 2900, currency: 'usd' })
    expect(finding?.evidence).toEqual([
      {
        name: 'time since due',
        observed: 3 * DAY,
        expected: 0,
        threshold: 3 * DAY,
        unit: 'SECONDS',
      },
      { name: 'price', observed: 2900, unit: 'MONEY', currency: 'usd' },
    ])
  })

  test('keeps to the tenant’s grace period', () => {
    const patient = judge([...begun, rolled], { settings: { grace: 10 * DAY } })
    expect(patient.until(DUE + 10 * DAY - 1).findings).toEqual([])
    expect(patient.until(DUE + 10 * DAY).findings).toHaveLength(1)
    const strict = judge([...begun, rolled, late], { settings: { dunning: DAY } })
    expect(strict.until(DUE + DAY).findings).toHaveLength(1)
  })
})

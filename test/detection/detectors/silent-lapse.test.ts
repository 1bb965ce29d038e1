import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Delivery } from '../../../src/detection/detector.ts'
import { silentLapse } from '../../../src/detection/detectors/silent-lapse.ts'
import { addPeriods, type Period } from '../../../src/detection/periods.ts'
import type { FactOf } from '../../../src/stripe/facts.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { Drive, type Options, shapeOf } from '../../support/drive-object.ts'
import { changed, dropped, ended, paid, T0 } from '../../support/object-facts.ts'

type Fact = FactOf<(typeof silentLapse.facts)[number]>
const drive = (facts: readonly Fact[], options: Options = {}) =>
  new Drive(silentLapse, options).feed(...facts)

const MONTH = 31 * DAY
/** A monthly subscription in its period from T0 on, paid; its renewal is due at DUE. */
const DUE = T0 + MONTH
const period = (from: Seconds, length = MONTH) => ({ start: from, end: from + length, anchor: T0 })
const created = changed({ at: T0, isNew: true, ...period(T0) })
const firstPaid = paid({
  invoice: 'in_0',
  at: T0 + 5,
  reason: 'subscription_create',
  subscription: 'sub_1',
  start: T0,
  end: DUE,
})
const begun: Fact[] = [created, firstPaid]
const rolled = changed({ at: DUE, rolled: true, previousEnd: DUE, ...period(DUE) })
const renewal = { reason: 'subscription_cycle', subscription: 'sub_1', start: DUE, end: DUE + MONTH }
const renewed = paid({ invoice: 'in_1', at: DUE + HOUR, created: DUE, ...renewal })
const late = changed({ at: DUE + HOUR, status: 'past_due', previousStatus: 'active', ...period(DUE) })

const recovered = changed({
  at: DUE + 5 * DAY,
  status: 'active',
  previousStatus: 'past_due',
  ...period(DUE),
})

/** What happened, and how long after DUE it is still quiet. */
const quiet: [string, Fact[], Seconds][] = [
  ['due + 2.9 days', [...begun, rolled], 2.9 * DAY],
  ['past_due on day 10', [...begun, rolled, late], 10 * DAY],
  ['past_due just under 28 days', [...begun, rolled, late], 28 * DAY - 1],
  ['a renewal that was paid', [...begun, rolled, renewed], 30 * DAY],
  ['a recovery from dunning whose paid invoice is told late', [...begun, rolled, late, recovered], 28 * DAY],
  ['a renewal that was paid without its line', [...begun, rolled, { ...renewed, end: DUE }], 30 * DAY],
  ['a 100% coupon', [...begun, rolled, { ...renewed, total: 0, amountPaid: 0 }], 30 * DAY],
  [
    'a renewal that was voided',
    [...begun, rolled, dropped({ invoice: 'in_1', at: DUE + HOUR, created: DUE, ...renewal })],
    30 * DAY,
  ],
  [
    'an annual plan on day 200',
    [
      changed({ at: T0, isNew: true, interval: 'year', ...period(T0, 365 * DAY) }),
      { ...firstPaid, end: T0 + 365 * DAY },
    ],
    200 * DAY,
  ],
  [
    'an annual plan first seen in its middle',
    [changed({ at: T0, interval: 'year', ...period(T0 - 100 * DAY, 365 * DAY) })],
    200 * DAY,
  ],
  [
    'a plan of three months in its second',
    [
      changed({ at: T0, isNew: true, count: 3, ...period(T0, 92 * DAY) }),
      { ...firstPaid, end: T0 + 92 * DAY },
    ],
    60 * DAY,
  ],
  [
    'a plan of three months paid without its line',
    [
      changed({ at: T0, isNew: true, count: 3, ...period(T0, 92 * DAY) }),
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
    [...begun, changed({ at: T0 + DAY, paused: true, ...period(T0) }), { ...rolled, paused: true }],
    90 * DAY,
  ],
  ['a status of paused', [...begun, { ...rolled, status: 'paused' }], 90 * DAY],
  [
    'one that was cancelled to its period’s end',
    [...begun, changed({ at: T0 + DAY, cancelAtEnd: true, cancelAt: DUE, ...period(T0) })],
    90 * DAY,
  ],
  ['one that has ended', [...begun, ended({ at: DUE, ...period(T0) })], 90 * DAY],
  ['a free plan', [...begun, { ...rolled, price: 0 }], 90 * DAY],
  ['a price that is not known', [...begun, (({ price: _, ...rest }) => rest)(rolled)], 90 * DAY],
  ['incomplete', [changed({ at: T0, isNew: true, status: 'incomplete', ...period(T0) })], 90 * DAY],
  ['unpaid', [...begun, rolled, { ...late, status: 'unpaid' }], 90 * DAY],
  [
    'a running trial',
    [changed({ at: T0, isNew: true, status: 'trialing', trialEnd: DUE, ...period(T0) })],
    2 * DAY,
  ],
  [
    'a trial that was made longer',
    [
      changed({ at: T0, isNew: true, status: 'trialing', trialEnd: DUE, ...period(T0) }),
      changed({
        at: T0 + DAY,
        status: 'trialing',
        trialEnd: DUE + MONTH,
        reanchored: true,
        ...period(T0, 2 * MONTH),
      }),
    ],
    20 * DAY,
  ],
  [
    'a cycle that was anchored anew',
    [...begun, changed({ at: DUE - DAY, reanchored: true, ...period(DUE - DAY) })],
    20 * DAY,
  ],
  [
    'one that was resumed in the period after the paused one',
    [
      ...begun,
      changed({ at: T0 + DAY, paused: true, ...period(T0) }),
      { ...rolled, paused: true },
      changed({ at: DUE + DAY, ...period(DUE) }),
    ],
    30 * DAY,
  ],
  [
    'a change an hour ago',
    [...begun, rolled, changed({ at: DUE + 3 * DAY - HOUR, price: 4900, ...period(DUE) })],
    3 * DAY + 5 * HOUR - 1,
  ],
]

const firing: [string, Fact[], Seconds][] = [
  ['active, rolled, invoice still a draft', [...begun, rolled], 3 * DAY],
  ['no event at all', begun, 3 * DAY],
  [
    'a trial that is over without an invoice',
    [
      changed({ at: T0, isNew: true, status: 'trialing', trialEnd: DUE, ...period(T0) }),
      changed({ at: DUE, previousStatus: 'trialing', rolled: true, ...period(DUE) }),
    ],
    3 * DAY,
  ],
  [
    'a trial first seen when it ended',
    [changed({ at: DUE, previousStatus: 'trialing', ...period(DUE) })],
    3 * DAY,
  ],
  ['a period first seen when it turned', [rolled], 3 * DAY],
  ['one first seen in the middle of its period', [changed({ at: T0 + DAY, ...period(T0) })], 3 * DAY],
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
      changed({ at: T0 - 61 * DAY, isNew: true, count: 3, start: T0 - 61 * DAY, end: DUE }),
      { ...firstPaid, at: T0 - 61 * DAY, end: DUE },
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
      paid({
        invoice: 'in_u',
        at: T0 + DAY,
        reason: 'subscription_update',
        prorated: true,
        subscription: 'sub_1',
      }),
    ],
    3 * DAY,
  ],
  [
    'a change after the grace',
    [...begun, rolled, changed({ at: DUE + 3 * DAY - HOUR, price: 4900, ...period(DUE) })],
    3 * DAY + 5 * HOUR,
  ],
  [
    'a snapshot of the same second that is known to be older',
    [...begun, rolled, changed({ at: DUE, eventId: 'evt_z', late: true, cancelAtEnd: true, ...period(T0) })],
    3 * DAY,
  ],
  [
    'a straggler that tells of an older state',
    [...begun, rolled, changed({ at: DUE - 10, cancelAtEnd: true, ...period(T0) })],
    3 * DAY,
  ],
]

describe('a lapse', () => {
  test.each(quiet)('is not told of %s', (_, facts, after) => {
    expect(drive(facts).until(DUE + after).findings).toEqual([])
  })

  test.each(firing)('is told of %s', (_, facts, after) => {
    expect(drive(facts).until(DUE + after - 1).findings).toEqual([])
    const { said } = drive(facts).until(DUE + after)
    expect(said).toHaveLength(1)
    expect(said[0]?.at).toBe(DUE + after)
    expect(said[0]?.finding).toMatchObject({
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
    expect(drive([...begun, rolled]).until(DUE + 300 * DAY).findings).toHaveLength(1)
  })

  test('is told of each of a customer’s subscriptions for itself', () => {
    const twin = changed({ ...rolled, subscription: 'sub_2', price: 500 })
    const { findings } = drive([...begun, rolled, twin, renewed]).until(DUE + 4 * DAY)
    expect(findings).toMatchObject([{ fingerprint: 'sub_2', impact: { amount: 500, currency: 'usd' } }])
  })

  test('says what was owed, since when, and what to do', () => {
    const [finding] = drive([...begun, rolled]).until(DUE + 4 * DAY).findings
    expect(finding?.message).toContain('sub_1 of customer cus_1 owed $29.00 on 2025-04-03 00:00 UTC')
    expect(finding?.message).toContain('3 days later')
    expect(finding?.advice).toContain('draft')
    expect(finding?.impact).toEqual({ amount: 2900, currency: 'usd' })
    expect(finding?.evidence).toEqual([
      {
        name: 'time since the payment was due',
        observed: 3 * DAY,
        expected: 0,
        threshold: 3 * DAY,
        unit: 'SECONDS',
      },
      { name: 'price of the period', observed: 2900, unit: 'MONEY', currency: 'usd' },
    ])
  })

  test('keeps to the tenant’s patience', () => {
    const patient = drive([...begun, rolled], { settings: { grace: 10 * DAY } })
    expect(patient.until(DUE + 10 * DAY - 1).findings).toEqual([])
    expect(patient.until(DUE + 10 * DAY).findings).toHaveLength(1)
    const strict = drive([...begun, rolled, late], { settings: { dunning: DAY } })
    expect(strict.until(DUE + DAY).findings).toHaveLength(1)
  })
})

describe('while deliveries are disturbed', () => {
  const calm: Delivery = { quiet: false, disturbedAt: undefined, dark: () => [] }
  const outage = (from: Seconds, to: Seconds) => (now: Seconds) =>
    now < from ? calm : { ...calm, quiet: now < to, disturbedAt: Math.min(now, to) }

  test('it waits, and for 6 hours after', () => {
    const delivery = outage(DUE + 2 * DAY, DUE + 4 * DAY)
    const facts = [...begun, rolled]
    expect(drive(facts, { delivery }).until(DUE + 4 * DAY + 6 * HOUR - 1).findings).toEqual([])
    expect(drive(facts, { delivery }).until(DUE + 4 * DAY + 7 * HOUR).findings).toHaveLength(1)
  })

  test('a payment in the backlog keeps it quiet', () => {
    const delivery = outage(DUE - HOUR, DUE + 4 * DAY)
    const driven = drive([...begun, rolled], { delivery }).until(DUE + 4 * DAY + HOUR)
    expect(driven.feed(renewed).until(DUE + 20 * DAY).findings).toEqual([])
  })
})

describe('its end', () => {
  const lapsed = () => drive([...begun, rolled]).until(DUE + 4 * DAY)
  const at = DUE + 5 * DAY
  const ends: [string, Fact][] = [
    ['paid', { ...renewed, at }],
    ['voided', dropped({ invoice: 'in_1', at, created: DUE, ...renewal })],
    ['paused', changed({ at, paused: true, ...period(DUE) })],
    ['cancelled to its end', changed({ at, cancelAtEnd: true, ...period(DUE) })],
    ['cancelled', ended({ at, ...period(DUE) })],
    ['given up as unpaid', changed({ at, status: 'unpaid', ...period(DUE) })],
  ]

  test.each(ends)('comes when it is %s', (_, fact) => {
    expect(lapsed().feed(fact).endings).toMatchObject([{ fingerprint: 'sub_1', at }])
  })

  test('does not come with a try that failed, or with another period’s turn', () => {
    const driven = lapsed().feed(
      { ...late, at },
      changed({ at: DUE + MONTH, rolled: true, ...period(DUE + MONTH) }),
    )
    expect(driven.endings).toEqual([])
  })

  test('does not keep the next lapse from being told', () => {
    const driven = lapsed()
      .feed({ ...renewed, at })
      .until(DUE + MONTH + 3 * DAY)
    expect(driven.findings.map(({ startedAt }) => startedAt)).toEqual([DUE, DUE + MONTH])
  })

  test('of the subscription lets its state go, and no straggler brings it back', () => {
    const driven = drive([...begun, ended({ at: T0 + DAY, ...period(T0) })])
    driven.feed(changed({ at: T0 + DAY - 60, ...period(T0) }), renewed)
    expect(driven.until(T0 + 30 * DAY).size('sub_1')).toBeGreaterThan(0)
    expect(driven.until(T0 + 36 * DAY).size('sub_1')).toBe(0)
    expect(driven.findings).toEqual([])
  })
})

describe('what must always hold', () => {
  test('a subscription that pays each period, by month or by n months, is never told', () => {
    const plan = fc.record({
      start: fc.integer({ min: T0, max: T0 + 365 * DAY }),
      count: fc.integer({ min: 1, max: 12 }),
      interval: fc.constantFrom<Period['interval'][]>('day', 'week', 'month', 'year'),
      withLine: fc.boolean(),
    })
    fc.assert(
      fc.property(plan, ({ start, count, interval, withLine }) => {
        const driven = drive([])
        let from = start
        for (let n = 0; n < 6; n += 1) {
          const to = addPeriods(start, { interval, count }, n + 1)
          const cycle = { start: from, end: to, anchor: start, interval, count }
          driven.feed(
            changed({
              at: from,
              isNew: n === 0,
              rolled: n > 0,
              ...cycle,
              ...(n > 0 && { previousEnd: from }),
            }),
          )
          const line = withLine ? { start: from, end: to } : {}
          const reason = n === 0 ? 'subscription_create' : 'subscription_cycle'
          driven.feed(
            paid({
              invoice: `in_${n}`,
              at: from + HOUR,
              created: from,
              reason,
              subscription: 'sub_1',
              ...line,
            }),
          )
          from = to
        }
        expect(driven.until(from + 2 * DAY).findings).toEqual([])
        expect(driven.size('sub_1')).toBeLessThan(1_000)
      }),
    )
  })

  test('the order within 15 minutes changes no incident', () => {
    const minute = fc.integer({ min: 0, max: 14 * 60 })
    const step = fc.oneof(
      minute.map(
        (after): Fact => changed({ at: DUE + after, rolled: true, previousEnd: DUE, ...period(DUE) }),
      ),
      minute.map(
        (after): Fact =>
          changed({ at: DUE + after, status: 'past_due', previousStatus: 'active', ...period(DUE) }),
      ),
      minute.map(
        (after): Fact =>
          changed({ at: DUE + after, status: 'active', previousStatus: 'past_due', ...period(DUE) }),
      ),
      // The last of them: what Stripe tells after a cycle was set anew is of the new period.
      fc.constant(changed({ at: DUE + 870, reanchored: true, ...period(DUE + 870) })),
      minute.map((after): Fact => changed({ at: DUE + after, paused: true, ...period(DUE) })),
      minute.map(
        (after): Fact => paid({ invoice: `in_${after}`, at: DUE + after, created: DUE, ...renewal }),
      ),
    )
    const streams = fc
      .uniqueArray(step, { minLength: 1, maxLength: 7, selector: ({ at }) => at })
      .chain((facts) =>
        fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length }), fc.boolean()),
      )
    fc.assert(
      fc.property(streams, ([facts, shuffled, known]) => {
        const before = known ? begun : []
        const play = (order: Fact[]) =>
          drive([...before, ...order])
            .until(DUE + 100 * DAY)
            .episodes()
        expect(shapeOf(play(shuffled))).toEqual(shapeOf(play([...facts].sort((a, b) => a.at - b.at))))
      }),
      { numRuns: 300 },
    )
  })

  test('events of one second are put in order by what they say came before', () => {
    const begin = changed({ at: T0, eventId: 'evt_b', isNew: true, status: 'incomplete', ...period(T0) })
    const start = changed({ at: T0, eventId: 'evt_a', previousStatus: 'incomplete', ...period(T0) })
    for (const order of [
      [begin, start],
      [start, begin],
    ])
      expect(drive(order).until(T0 + 3 * DAY + MINUTE).findings).toHaveLength(1)
  })
})

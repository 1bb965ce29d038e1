import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addPeriods, type Period } from '../../../src/calendar/periods.ts'
import type { Delivery } from '../../../src/detection/detector.ts'
import { UNDISTURBED } from '../../../src/detection/detector.ts'
import { DAY, HOUR, MINUTE, type Seconds } from '../../../src/time.ts'
import { sameInAnyOrder } from '../../support/any-order.ts'
import { shapeOf } from '../../support/drive.ts'
import { changed, dropped, ended, invoiceCreated, paid } from '../../support/facts.ts'
import { MONDAY } from '../../support/times.ts'
import {
  begun,
  DUE,
  type Fact,
  judge,
  late,
  MONTH,
  period,
  renewal,
  renewed,
  rolled,
} from './monthly-subscription.ts'

describe('a subscription that was just created', () => {
  const created = changed(MONDAY, { isNew: true, ...period(MONDAY), anchor: DUE })
  const first = invoiceCreated(MONDAY + 5, {
    invoice: 'in_0',
    subscription: 'sub_1',
    reason: 'subscription_create',
  })
  const upgrade = { ...first, reason: 'subscription_update' }

  test('owes nothing for its first period when no invoice asks for it, as with an anchor ahead', () => {
    for (const facts of [[created], [created, upgrade]])
      expect(judge(facts).until(DUE + 2 * DAY).findings).toEqual([])
  })

  test('owes its second period', () => {
    expect(judge([created]).until(DUE + 3 * DAY + MINUTE).findings).toMatchObject([{ startedAt: DUE }])
  })

  test('owes the first period once an invoice asks for it, whichever comes first', () => {
    for (const facts of [
      [created, first],
      [first, created],
    ])
      expect(judge(facts).until(MONDAY + 4 * DAY).findings).toMatchObject([{ startedAt: MONDAY }])
  })
})

describe('while deliveries are disturbed', () => {
  const calm: Delivery = UNDISTURBED
  const outage = (from: Seconds, to: Seconds) => (now: Seconds) =>
    now < from ? calm : { ...calm, quiet: now < to, disturbedAt: Math.min(now, to) }

  test('it waits, and for 6 hours after', () => {
    const delivery = outage(DUE + 2 * DAY, DUE + 4 * DAY)
    const facts = [...begun, rolled]
    expect(judge(facts, { delivery }).until(DUE + 4 * DAY + 6 * HOUR - 1).findings).toEqual([])
    expect(judge(facts, { delivery }).until(DUE + 4 * DAY + 7 * HOUR).findings).toHaveLength(1)
  })

  test('a payment in the backlog keeps it quiet', () => {
    const delivery = outage(DUE - HOUR, DUE + 4 * DAY)
    const driven = judge([...begun, rolled], { delivery }).until(DUE + 4 * DAY + HOUR)
    expect(driven.feed(renewed).until(DUE + 20 * DAY).findings).toEqual([])
  })
})

describe('its end', () => {
  const lapsed = () => judge([...begun, rolled]).until(DUE + 4 * DAY)
  const at = DUE + 5 * DAY
  const ends: [string, Fact][] = [
    ['paid', { ...renewed, at }],
    ['voided', dropped(at, { invoice: 'in_1', created: DUE, ...renewal })],
    ['paused', changed(at, { paused: true, ...period(DUE) })],
    ['cancelled to its end', changed(at, { cancelAtEnd: true, ...period(DUE) })],
    ['cancelled', ended(at, { ...period(DUE) })],
    ['given up as unpaid', changed(at, { status: 'unpaid', ...period(DUE) })],
  ]

  test.each(ends)('comes when it is %s', (_, fact) => {
    expect(lapsed().feed(fact).endings).toMatchObject([{ fingerprint: 'sub_1', at }])
  })

  test('does not come with a try that failed, or with another period’s turn', () => {
    const driven = lapsed().feed(
      { ...late, at },
      changed(DUE + MONTH, { rolled: true, ...period(DUE + MONTH) }),
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
    const driven = judge([...begun, ended(MONDAY + DAY, { ...period(MONDAY) })])
    driven.feed(changed(MONDAY + DAY - 60, { ...period(MONDAY) }), renewed)
    expect(driven.until(MONDAY + 30 * DAY).size('sub_1')).toBeGreaterThan(0)
    expect(driven.until(MONDAY + 36 * DAY).size('sub_1')).toBe(0)
    expect(driven.findings).toEqual([])
  })
})

describe('what must always hold', () => {
  test('a subscription that pays each period, by month or by n months, is never told', () => {
    const plan = fc.record({
      start: fc.integer({ min: MONDAY, max: MONDAY + 365 * DAY }),
      count: fc.integer({ min: 1, max: 12 }),
      interval: fc.constantFrom<Period['interval'][]>('day', 'week', 'month', 'year'),
      withLine: fc.boolean(),
    })
    fc.assert(
      fc.property(plan, ({ start, count, interval, withLine }) => {
        const driven = judge([])
        let from = start
        for (let n = 0; n < 6; n += 1) {
          const to = addPeriods(start, { interval, count }, n + 1)
          const cycle = { start: from, end: to, anchor: start, interval, count }
          driven.feed(
            changed(from, { isNew: n === 0, rolled: n > 0, ...cycle, ...(n > 0 && { previousEnd: from }) }),
          )
          const line = withLine ? { start: from, end: to } : {}
          const reason = n === 0 ? 'subscription_create' : 'subscription_cycle'
          driven.feed(
            paid(from + HOUR, {
              invoice: `in_${n}`,
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
      minute.map((after): Fact => changed(DUE + after, { rolled: true, previousEnd: DUE, ...period(DUE) })),
      minute.map(
        (after): Fact =>
          changed(DUE + after, { status: 'past_due', previousStatus: 'active', ...period(DUE) }),
      ),
      minute.map(
        (after): Fact =>
          changed(DUE + after, { status: 'active', previousStatus: 'past_due', ...period(DUE) }),
      ),
      // The last of them: what Stripe tells after a cycle was set anew is of the new period.
      fc.constant(changed(DUE + 870, { reanchored: true, ...period(DUE + 870) })),
      minute.map((after): Fact => changed(DUE + after, { paused: true, ...period(DUE) })),
      minute.map((after): Fact => paid(DUE + after, { invoice: `in_${after}`, created: DUE, ...renewal })),
    )
    const streams = fc.uniqueArray(step, { minLength: 1, maxLength: 7, selector: ({ at }) => at })
    for (const before of [begun, []])
      sameInAnyOrder(
        streams,
        (facts) => shapeOf(judge([...before, ...facts]).until(DUE + 100 * DAY).incidents),
        150,
      )
  })

  test('events of one second are put in order by what they say came before', () => {
    const begin = changed(MONDAY, { eventId: 'evt_b', isNew: true, status: 'incomplete', ...period(MONDAY) })
    const start = changed(MONDAY, { eventId: 'evt_a', previousStatus: 'incomplete', ...period(MONDAY) })
    const first = invoiceCreated(MONDAY, {
      invoice: 'in_0',
      subscription: 'sub_1',
      reason: 'subscription_create',
    })
    for (const order of [
      [begin, start, first],
      [first, start, begin],
    ])
      expect(judge(order).until(MONDAY + 3 * DAY + MINUTE).findings).toHaveLength(1)
  })
})

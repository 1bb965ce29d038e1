import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge, dispute, refund } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { invoice } from '../support/stripe/invoices.ts'
import type { Version } from '../support/stripe/versions.ts'
import { judge, ofKind, totals } from './judge.ts'

/** The events in any order, each up to three times, a repeat under another id as Stripe sometimes does. */
const anyOrder = (events: readonly Json[]): fc.Arbitrary<Json[]> =>
  fc
    .array(fc.integer({ min: 1, max: 3 }), { minLength: events.length, maxLength: events.length })
    .map((times) =>
      events.flatMap((made, index) =>
        Array.from({ length: times[index] ?? 1 }, (_, copy) =>
          copy === 0 ? made : { ...made, id: `${String(made['id'])}_${copy}` },
        ),
      ),
    )
    .chain((copies) => fc.shuffledSubarray(copies, { minLength: copies.length, maxLength: copies.length }))

const VERSIONS = ['2020-08-27', '2022-11-15', '2024-06-20', '2025-03-31.basil', '2026-10-28.endive'] as const

interface History {
  version: Version
  amount: number
  /** What was captured of an authorisation; undefined: charged at once. */
  capture: number | undefined
  refunds: readonly { amount: number; fails: boolean }[]
  families: 'charge' | 'refund' | 'both'
}

const histories: fc.Arbitrary<History> = fc
  .record({
    version: fc.constantFrom(...(VERSIONS as readonly string[] as readonly Version[])),
    amount: fc.integer({ min: 100, max: 10_000 }),
    share: fc.option(fc.double({ min: 0.1, max: 1, noNaN: true }), { nil: undefined }),
    parts: fc.array(fc.record({ part: fc.double({ min: 0.01, max: 1, noNaN: true }), fails: fc.boolean() }), {
      maxLength: 4,
    }),
    families: fc.constantFrom('charge' as const, 'refund' as const, 'both' as const),
  })
  .map(({ version, amount, share, parts, families }) => {
    const capture = share === undefined ? undefined : Math.ceil(amount * share)
    let left = capture ?? amount
    const refunds = parts.flatMap(({ part, fails }) => {
      const given = Math.floor(left * part)
      if (given === 0) return []
      if (!fails) left -= given
      // A failure is only told by refunds.
      return [{ amount: given, fails: fails && families !== 'charge' }]
    })
    // Before basil every refund is also told by its charge, and only that tells a release from a refund.
    const told = version < '2025-03-31' && families === 'refund' ? ('both' as const) : families
    return {
      version,
      amount,
      capture,
      refunds: families === 'charge' ? refunds.filter((_, index) => !parts[index]?.fails) : refunds,
      families: told,
    }
  })

/** All that Stripe would send of the charge: its totals fall again when a refund fails. */
const eventsOf = ({ version, amount, capture, refunds, families }: History): Json[] => {
  let at = START
  const legacy = version < '2025-03-31'
  const rest = capture === undefined || !legacy ? 0 : amount - capture
  const told = (type: string, object: Json): Json => {
    at += 60
    return event(type, object, { version, created: at })
  }
  const snapshot = (back: number, fields: Json = {}): Json =>
    charge(
      { id: 'ch_1', amount, amount_captured: capture ?? amount, amount_refunded: back, ...fields },
      version,
    )
  const events: Json[] = []
  if (capture === undefined) events.push(told('charge.succeeded', snapshot(0)))
  else {
    events.push(told('charge.succeeded', snapshot(0, { captured: false, amount_captured: 0 })))
    events.push(told('charge.captured', snapshot(rest)))
    if (rest > 0) {
      events.push(told('charge.refunded', snapshot(rest)))
      if (families === 'both') events.push(told('refund.created', refund({ id: 're_release', amount: rest })))
    }
  }
  let back = rest
  for (const [index, { amount: given, fails }] of refunds.entries()) {
    const object = { id: `re_${index}`, amount: given }
    back += given
    if (families !== 'charge') events.push(told('refund.created', refund({ ...object, status: 'pending' })))
    if (families !== 'refund') events.push(told('charge.refunded', snapshot(back)))
    if (families === 'charge') continue
    if (fails) {
      back -= given
      events.push(told('refund.failed', refund({ ...object, status: 'failed' })))
    } else events.push(told('refund.updated', refund({ ...object, status: 'succeeded' })))
  }
  return events
}

describe('whatever the order and number of the events', () => {
  test('a charge adds up to what was captured and given back', () => {
    fc.assert(
      fc.property(
        histories.chain((history) => fc.tuple(fc.constant(history), anyOrder(eventsOf(history)))),
        ([history, events]) => {
          const standing = history.refunds.filter((refund) => !refund.fails)
          expect(totals(judge(...events))).toMatchObject({
            captured: history.capture ?? history.amount,
            givenBack: standing.reduce((total, refund) => total + refund.amount, 0),
            succeeded: 1,
            failed: 0,
          })
        },
      ),
      { numRuns: 400 },
    )
  })

  test('a bank debit that fails after it succeeded leaves nothing', () => {
    const debit = [
      event('charge.pending', charge({ id: 'py_1', status: 'pending', paid: false }), { created: START }),
      event('charge.succeeded', charge({ id: 'py_1' }), { created: START + 1 }),
      event('charge.failed', charge({ id: 'py_1', status: 'failed', captured: true }), {
        created: START + 2,
      }),
    ]
    fc.assert(
      fc.property(anyOrder(debit), (events) => {
        expect(totals(judge(...events))).toMatchObject({ captured: 0, succeeded: 1, failed: 1, givenBack: 0 })
      }),
    )
  })

  test('a dispute that began as an inquiry opens and closes once each', () => {
    const told = (type: string, status: string, after: number, previous?: Json) =>
      event(`charge.dispute.${type}`, dispute({ id: 'dp_1', status }), {
        created: START + after,
        ...(previous === undefined ? {} : { previous }),
      })
    const course = [
      told('created', 'warning_needs_response', 0),
      told('updated', 'needs_response', 900_000, { status: 'warning_needs_response' }),
      told('funds_withdrawn', 'needs_response', 900_000),
      told('updated', 'under_review', 950_000, { status: 'needs_response' }),
      told('closed', 'lost', 3_000_000),
    ]
    fc.assert(
      fc.property(anyOrder(course), (events) => {
        expect(totals(judge(...events))).toMatchObject({ inquiries: 1, disputes: 1, closed: 1 })
      }),
    )
  })

  test('an invoice takes each of its steps once', () => {
    const told = (type: string, fields: Json, after: number) =>
      event(`invoice.${type}`, invoice({ id: 'in_1', ...fields }), { created: START + after })
    const course = [
      told('created', { status: 'draft' }, 0),
      told('finalized', { status: 'open' }, 10),
      told('payment_failed', { status: 'open', attempt_count: 1 }, 20),
      told('updated', { status: 'open', attempt_count: 2 }, 30),
      told('payment_failed', { status: 'open', attempt_count: 2 }, 30),
      told('marked_uncollectible', { status: 'uncollectible' }, 40),
      told('paid', { status: 'paid' }, 50),
      told('payment_succeeded', { status: 'paid' }, 50),
    ]
    fc.assert(
      fc.property(anyOrder(course), (events) => {
        const facts = judge(...events)
        expect(totals(facts)).toMatchObject({ created: 1, finalized: 1, attempts: 2, dropped: 1, paid: 1 })
        expect(ofKind(facts, 'invoicePaid')[0]?.at).toBe(START + 50)
      }),
    )
  })
})

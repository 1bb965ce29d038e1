import { describe, expect, test } from 'vitest'
import { type Json, START } from '../support/stripe/basics.ts'
import { event } from '../support/stripe/events.ts'
import { creditNote, invoice, invoicePayment, line } from '../support/stripe/invoices.ts'
import { VERSIONS, type Version } from '../support/stripe/versions.ts'
import { judge, kinds, ofKind } from './judge.ts'

const told = (type: string, fields: Json = {}, version: Version = '2025-09-30.clover') =>
  event(`invoice.${type}`, invoice({ id: 'in_1', ...fields }, version), { version })
const detailsOf = (fields: Json, version?: Version) =>
  ofKind(judge(told('finalized', { status: 'open', ...fields }, version)), 'invoiceFinalized')[0]

describe('an invoice', () => {
  test.each(VERSIONS)('says the same of itself in version %s', (version) => {
    const object = invoice(
      { id: 'in_1', subscription: 'sub_1', lines: [line({ end: START + 100 }, version)] },
      version,
    )
    const facts = judge(event('invoice.paid', object, { id: 'evt_1', version }))
    const common = {
      at: START,
      eventId: 'evt_1',
      customer: 'cus_1',
      invoice: 'in_1',
      currency: 'usd',
      total: 2900,
      created: START,
      amountDue: 2900,
      amountPaid: 2900,
      amountRemaining: 0,
      subscription: 'sub_1',
      reason: 'subscription_cycle',
      prorated: false,
      start: START,
      end: START + 100,
      payments: [],
      sendInvoice: false,
    }
    expect(facts).toStrictEqual([
      { kind: 'invoiceCreated', ...common },
      { kind: 'invoiceFinalized', ...common },
      { kind: 'invoicePaid', ...common, outOfBand: false },
    ])
  })

  test('is told step by step, each step by the first event that shows it', () => {
    const draft = told('created', { status: 'draft' })
    const open = told('finalized', { status: 'open' })
    const paid = told('paid')
    expect(
      kinds(
        judge(
          draft,
          draft,
          open,
          told('updated', { status: 'open' }),
          paid,
          told('payment_succeeded'),
          told('updated'),
        ),
      ),
    ).toEqual(['invoiceCreated', 'invoiceFinalized', 'invoicePaid'])
    expect(kinds(judge(paid, open, draft))).toEqual(['invoiceCreated', 'invoiceFinalized', 'invoicePaid'])
  })

  test('is paid by an update alone, and not by a part payment', () => {
    expect(kinds(judge(told('updated')))).toContain('invoicePaid')
    expect(kinds(judge(told('payment_succeeded', { status: 'open' })))).not.toContain('invoicePaid')
  })

  test('takes its status from the event when it does not say it', () => {
    expect(kinds(judge(told('paid', { status: null })))).toContain('invoicePaid')
    expect(kinds(judge(told('voided', { status: 5 })))).toContain('invoiceDropped')
    expect(judge(told('updated', { status: null }))).toEqual([])
  })

  test('may be negative or zero', () => {
    expect(detailsOf({ total: -1500 })?.total).toBe(-1500)
    expect(detailsOf({ total: 0 })?.total).toBe(0)
  })

  test('was paid outside Stripe where it says so', () => {
    const outOfBand = (fields: Json) =>
      ofKind(judge(told('paid', fields, '2022-11-15')), 'invoicePaid')[0]?.outOfBand
    expect(outOfBand({ paid_out_of_band: true })).toBe(true)
    expect(outOfBand({ amount_paid_off_stripe: 2900 })).toBe(true)
    expect(outOfBand({ amount_paid_off_stripe: 0 })).toBe(false)
  })

  test('fails once for each attempt', () => {
    const failed = (attempt: unknown, next: number | null = START + 5) =>
      told('payment_failed', { status: 'open', attempt_count: attempt, next_payment_attempt: next })
    const facts = ofKind(
      judge(failed(1), failed(1), failed(2, null), failed(1), failed('3'), failed('3')),
      'invoiceFailed',
    )
    expect(facts.map((fact) => [fact.attempt, fact.nextAttempt])).toEqual([
      [1, START + 5],
      [2, undefined],
      [undefined, START + 5],
    ])
  })

  test('that cannot be finalised fails once and stays a draft', () => {
    const failed = told('finalization_failed', { status: 'draft', attempt_count: 0 })
    expect(kinds(judge(failed, failed))).toEqual(['invoiceCreated', 'invoiceFailed'])
  })

  test('is dropped once, and may be paid after it was given up', () => {
    const givenUp = told('marked_uncollectible', { status: 'uncollectible' })
    const facts = judge(givenUp, givenUp, told('paid'))
    expect(kinds(facts)).toEqual(['invoiceCreated', 'invoiceFinalized', 'invoiceDropped', 'invoicePaid'])
    expect(ofKind(facts, 'invoiceDropped')[0]?.uncollectible).toBe(true)
    expect(ofKind(judge(told('voided', { status: 'void' })), 'invoiceDropped')[0]?.uncollectible).toBe(false)
  })

  test.each(VERSIONS)('is a proration only when every line is one, in version %s', (version) => {
    const lines = (...prorations: boolean[]) => prorations.map((proration) => line({ proration }, version))
    expect(detailsOf({ lines: lines(true, true) }, version)?.prorated).toBe(true)
    expect(detailsOf({ lines: lines(true, false) }, version)?.prorated).toBe(false)
    expect(detailsOf({ lines: [] }, version)?.prorated).toBe(false)
  })

  test.each(VERSIONS)('is for the period of its regular line in version %s', (version) => {
    const day = 86_400
    const proration = line({ proration: true, start: START - 5 * day, end: START }, version)
    const oneOff = line({ subscription: null, start: START, end: START }, version)
    const usage = line({ start: START - 30 * day, end: START }, version)
    const month = line({ start: START, end: START + 30 * day }, version)
    const year = line({ start: START, end: START + 365 * day }, version)
    expect(detailsOf({ lines: [proration, oneOff, usage, year, month] }, version)).toMatchObject({
      start: START,
      end: START + 30 * day,
    })
    expect(detailsOf({ lines: [proration, oneOff] }, version)).not.toHaveProperty('end')
  })

  test('names what paid it, from every version', () => {
    expect(detailsOf({ charge: 'ch_1', payment_intent: { id: 'pi_1' } }, '2022-11-15')?.payments).toEqual([
      'pi_1',
      'ch_1',
    ])
    const payments = {
      data: [{ payment: { type: 'payment_intent', payment_intent: 'pi_2' } }, null, { payment: 3 }],
    }
    expect(detailsOf({ payments })?.payments).toEqual(['pi_2'])
    const linked = judge(
      event('invoice_payment.paid', invoicePayment({ invoice: 'in_1', payment: { payment_intent: 'pi_3' } })),
      told('paid'),
    )
    expect(ofKind(linked, 'invoicePaid')[0]?.payments).toEqual(['pi_3'])
  })

  test.each<[string, Json]>([
    ['no id', { id: null }],
    ['a total as text', { total: '5' }],
    ['no currency', { currency: null }],
  ])('is not told with %s', (_, fields) => {
    expect(judge(told('paid', fields))).toEqual([])
  })

  test('goes on without lines, parent and reason', () => {
    const details = detailsOf({ lines: null, parent: 4, billing_reason: null, customer: null })
    expect(details).toMatchObject({ invoice: 'in_1', prorated: false })
    for (const absent of ['subscription', 'reason', 'start', 'end', 'customer'])
      expect(details).not.toHaveProperty(absent)
  })
})

describe('a credit note', () => {
  const issued = (fields: Json = {}) => event('credit_note.created', creditNote({ id: 'cn_1', ...fields }))

  test('is told once', () => {
    expect(judge(issued(), issued())).toMatchObject([
      { kind: 'credited', creditNote: 'cn_1', invoice: 'in_1', amount: 500, currency: 'usd' },
    ])
  })

  test('is not told without its money', () => {
    expect(judge(issued({ amount: null }))).toEqual([])
  })
})

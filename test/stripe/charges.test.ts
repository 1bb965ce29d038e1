import { describe, expect, test } from 'vitest'
import { DAY } from '../../src/time.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { invoicePayment } from '../support/stripe/invoices.ts'
import { VERSIONS } from '../support/stripe/versions.ts'
import { judge, kinds, ofKind, totals } from './judge.ts'

const succeeded = (fields: Json = {}, options: Json = {}) =>
  event('charge.succeeded', charge({ id: 'ch_1', ...fields }), options)
const authorised = charge({ id: 'ch_1', captured: false })
const capture = (captured: number) =>
  event('charge.captured', charge({ id: 'ch_1', captured: true, amount_captured: captured }))

describe('a bank debit', () => {
  const debit = (status: string, created = START) =>
    charge({
      id: 'py_1',
      created,
      status,
      paid: status === 'succeeded',
      payment_method_details: { type: 'sepa_debit', sepa_debit: { fingerprint: 'bank_1', country: 'DE' } },
    })
  const later = (days: number) => ({ created: START + days * DAY })

  test('is told once when it is sent off, with the time at which its run began in what becomes of it', () => {
    const facts = judge(
      event('charge.pending', debit('pending')),
      event('charge.pending', debit('pending'), later(0.01)),
      event('charge.failed', debit('failed'), later(3)),
    )
    expect(facts).toMatchObject([
      { kind: 'chargePending', charge: 'py_1', method: 'sepa_debit', payer: 'cus_1' },
      { kind: 'chargeFailed', charge: 'py_1', method: 'sepa_debit', begun: START },
    ])
    expect(facts[0]).not.toHaveProperty('begun')
  })

  test('that is answered already is not told as sent off when that event comes late', () => {
    const facts = judge(
      event('charge.succeeded', debit('succeeded'), later(4)),
      event('charge.pending', debit('pending')),
    )
    expect(kinds(facts)).toEqual(['chargeSucceeded', 'chargeCaptured'])
  })
})

describe('a charge that succeeds', () => {
  test.each(VERSIONS)('is told whole from version %s', (version) => {
    const object = charge(
      { id: 'ch_1', payment_intent: 'pi_1', invoice: 'in_1', metadata: { cart_id: ' A-17 ' } },
      version,
    )
    const [success, captured] = judge(
      event('charge.succeeded', object, {
        id: 'evt_1',
        version,
        request: { id: 'req_1', idempotency_key: 'key_1' },
      }),
    )
    const common = {
      at: START,
      eventId: 'evt_1',
      customer: 'cus_1',
      charge: 'ch_1',
      amount: 2900,
      currency: 'usd',
      intent: 'pi_1',
      card: 'card_1',
      cardCountry: 'US',
      funding: 'credit',
      method: 'card',
      risk: 'normal',
      references: [expect.stringMatching(/^\w+:\w+$/)],
      order: 'A-17',
      recurring: version < '2025-03-31',
      payer: 'cus_1',
      ...(version < '2025-03-31' ? { invoice: 'in_1' } : {}),
    }
    expect(success).toStrictEqual({ kind: 'chargeSucceeded', ...common, captured: 2900 })
    expect(captured).toStrictEqual({ kind: 'chargeCaptured', ...common })
  })

  test('is told once, however many events tell it', () => {
    expect(kinds(judge(succeeded(), succeeded(), succeeded({}, { created: START + 5 })))).toEqual([
      'chargeSucceeded',
      'chargeCaptured',
    ])
  })

  test('is an authorisation until its money is captured', () => {
    const facts = judge(event('charge.succeeded', authorised), capture(2000), capture(2000), capture(2900))
    expect(ofKind(facts, 'chargeSucceeded').map((fact) => fact.captured)).toEqual([0])
    expect(ofKind(facts, 'chargeCaptured').map((fact) => fact.amount)).toEqual([2000, 900])
  })

  test('adds up when the capture comes before the authorisation', () => {
    const facts = judge(capture(2000), event('charge.succeeded', authorised))
    expect(totals(facts)).toMatchObject({ captured: 2000, succeeded: 1 })
  })

  test('is collected money although its version does not say how much was captured', () => {
    expect(totals(judge(succeeded({ amount_captured: undefined }))).captured).toBe(2900)
    expect(totals(judge(succeeded({ amount_captured: null }))).captured).toBe(2900)
    expect(totals(judge(succeeded({ amount_captured: undefined, captured: undefined }))).captured).toBe(2900)
  })

  test('is not told by an event of something that happened to it later', () => {
    expect(judge(event('charge.expired', authorised))).toEqual([])
  })

  test('keeps amounts that do not fit in 32 bits', () => {
    const facts = judge(succeeded({ amount: 900_719_925_474_099, currency: 'IDR' }))
    expect(ofKind(facts, 'chargeSucceeded')[0]).toMatchObject({
      amount: 900_719_925_474_099,
      currency: 'idr',
    })
  })

  test.each<[string, Json]>([
    ['an amount as text', { amount: '2900' }],
    ['a negative amount', { amount: -1 }],
    ['a broken amount', { amount: 29.5 }],
    ['an amount beyond exactness', { amount: 2 ** 53 }],
    ['no currency', { currency: null }],
    ['a currency that is none', { currency: 'dollars' }],
    ['a number as id', { id: 7 }],
    ['no id', { id: undefined }],
    ['another kind of object', { object: 'refund' }],
    ['a status that contradicts it', { status: 'pending' }],
    ['a captured flag that is none', { captured: 'yes' }],
  ])('is not told with %s', (_, fields) => {
    expect(judge(succeeded(fields))).toEqual([])
  })

  test('knows who pays: the customer, expanded or deleted, else the account, else the card', () => {
    const payerOf = (fields: Json) => ofKind(judge(succeeded(fields)), 'chargeSucceeded')[0]?.payer
    expect(payerOf({ customer: { id: 'cus_2', object: 'customer', email: 'x' } })).toBe('cus_2')
    expect(payerOf({ customer: { id: 'cus_3', object: 'customer', deleted: true } })).toBe('cus_3')
    expect(payerOf({ customer: null, customer_account: 'acct_1' })).toBe('acct_1')
    expect(payerOf({ customer: null })).toBe('card_1')
    expect(payerOf({ customer: null, payment_method_details: null })).toBeUndefined()
  })

  test('knows bank accounts, and cards told as a source, by their fingerprint', () => {
    const debit = { type: 'sepa_debit', sepa_debit: { fingerprint: 'bank_1', country: 'de' } }
    const source = { object: 'card', fingerprint: 'card_7', country: 'GB', funding: 'debit' }
    const detailsOf = (fields: Json) => ofKind(judge(succeeded(fields)), 'chargeSucceeded')[0]
    expect(detailsOf({ payment_method_details: debit })).toMatchObject({
      card: 'bank_1',
      cardCountry: 'DE',
      method: 'sepa_debit',
    })
    expect(detailsOf({ payment_method_details: undefined, source })).toMatchObject({
      card: 'card_7',
      cardCountry: 'GB',
      funding: 'debit',
      method: 'card',
    })
    expect(detailsOf({ payment_method_details: { type: '__proto__' } })).toMatchObject({
      method: '__proto__',
    })
  })
})

describe('a charge of an invoice since basil', () => {
  const renewal = (fields: Json = {}) => succeeded({ payment_intent: 'pi_1', ...fields })
  const paid = event('invoice_payment.paid', invoicePayment({ invoice: 'in_1' }))
  const detailsOf = (...events: Json[]) => ofKind(judge(...events), 'chargeSucceeded')[0]

  test('is recurring by its description', () => {
    expect(detailsOf(renewal({ description: 'Subscription update' }))?.recurring).toBe(true)
    expect(detailsOf(renewal({ description: 'Payment for Invoice 12' }))?.recurring).toBe(true)
    expect(detailsOf(renewal({ description: 'My Subscription box' }))?.recurring).toBe(false)
  })

  test('knows its invoice where the payment of the invoice was seen before', () => {
    expect(detailsOf(paid, renewal())).toMatchObject({ invoice: 'in_1', recurring: true })
    expect(detailsOf(renewal())).not.toHaveProperty('invoice')
  })

  test('knows it also when the invoice was paid by the charge itself', () => {
    const direct = invoicePayment({ invoice: 'in_2', payment: { type: 'charge', charge: 'ch_1' } })
    expect(detailsOf(event('invoice_payment.paid', direct), renewal())?.invoice).toBe('in_2')
  })
})

describe('a charge that fails', () => {
  const failed = (fields: Json = {}, options: Json = {}) =>
    event('charge.failed', charge({ id: 'ch_1', status: 'failed', ...fields }), options)

  test.each(VERSIONS)('says why, from version %s', (version) => {
    const object = charge({ id: 'ch_1', status: 'failed' }, version)
    expect(judge(event('charge.failed', object, { version }))).toMatchObject([
      {
        kind: 'chargeFailed',
        charge: 'ch_1',
        amount: 2900,
        code: 'card_declined',
        reason: 'insufficient_funds',
        blocked: false,
        invalid: false,
        reversed: 0,
      },
    ])
  })

  test('is told once', () => {
    expect(judge(failed(), failed({}, { created: START + 1 }))).toHaveLength(1)
  })

  test('tells what Radar stopped and what was a mistake of the integration', () => {
    const outcome = {
      type: 'blocked',
      reason: 'highest_risk_level',
      risk_level: 'highest',
      advice_code: 'do_not_try_again',
    }
    expect(judge(failed({ outcome }))[0]).toMatchObject({
      blocked: true,
      invalid: false,
      reason: 'highest_risk_level',
      risk: 'highest',
      adviceCode: 'do_not_try_again',
    })
    expect(judge(failed({ outcome: { type: 'invalid' } }))[0]).toMatchObject({
      blocked: false,
      invalid: true,
    })
    const bare = judge(failed({ outcome: null, failure_code: null }))[0]
    expect(bare).not.toHaveProperty('code')
    expect(bare).not.toHaveProperty('reason')
  })

  test('after it had succeeded takes its money back', () => {
    const facts = judge(succeeded(), failed({ captured: true }, { created: START + 5 * 86_400 }))
    expect(ofKind(facts, 'chargeFailed')[0]?.reversed).toBe(2900)
    expect(totals(facts)).toMatchObject({ captured: 0, succeeded: 1, failed: 1 })
  })

  test('whose earlier success comes later collects nothing in the end', () => {
    const facts = judge(failed({ captured: true }), succeeded(), capture(2900))
    expect(totals(facts)).toMatchObject({ captured: 0, succeeded: 1, failed: 1 })
    expect(ofKind(facts, 'chargeSucceeded')[0]?.captured).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { paymentIntent, setupIntent } from '../support/stripe/payments.ts'
import { VERSIONS, type Version } from '../support/stripe/versions.ts'
import { createLedger, judge, judgeWith } from './judge.ts'

describe('a payment refused without a charge', () => {
  const refused = (fields: Json = {}, version: Version = '2024-06-20', created = START) =>
    event('payment_intent.payment_failed', paymentIntent({ id: 'pi_1', ...fields }, version), {
      version,
      created,
    })

  test.each(VERSIONS)('is told from version %s, and left to its charge where it has one', (version) => {
    expect(judge(refused({}, version))).toMatchObject([
      {
        kind: 'paymentRefused',
        id: 'pi_1',
        intent: 'pi_1',
        setup: false,
        code: 'payment_intent_authentication_failure',
        amount: 2900,
        currency: 'usd',
        payer: 'cus_1',
      },
    ])
    expect(judge(refused({ charge: version < '2022-11-15' ? charge() : 'ch_1' }, version))).toEqual([])
  })

  test('is left to the charge that only its error names', () => {
    expect(judge(refused({ last_payment_error: { code: 'card_declined', charge: 'ch_1' } }))).toEqual([])
  })

  test.each(VERSIONS)(
    'is told of a second card, from version %s, though the first one made a charge',
    (version) => {
      const first = charge({ id: 'ch_1', status: 'failed', payment_intent: 'pi_1' }, version)
      const charged = version < '2022-11-15' ? first : 'ch_1'
      const card = (fingerprint: string) => ({ id: 'pm_1', type: 'card', card: { fingerprint } })
      const declined = { code: 'card_declined', charge: 'ch_1', payment_method: card('card_a') }
      const refusal = { code: 'payment_intent_authentication_failure', payment_method: card('card_b') }
      const facts = judge(
        event('charge.failed', first, { version }),
        refused({ charge: charged, last_payment_error: declined }, version),
        refused({ charge: charged, last_payment_error: refusal }, version, START + 40),
      )
      expect(facts).toMatchObject([
        { kind: 'chargeFailed', charge: 'ch_1' },
        { kind: 'paymentRefused', id: 'pi_1', card: 'card_b' },
      ])
    },
  )

  test('is left to its charge where it is a debit, whose error names none', () => {
    const last_payment_error = {
      code: '',
      decline_code: 'generic_decline',
      payment_method: { id: 'pm_1', type: 'sepa_debit', sepa_debit: { fingerprint: 'iban_1' } },
      type: 'card_error',
    }
    expect(judge(refused({ charge: 'py_1', last_payment_error }))).toEqual([])
  })

  test('knows its invoice, whether that is named or expanded', () => {
    for (const invoice of ['in_1', { id: 'in_1', object: 'invoice' }])
      expect(judge(refused({ invoice }))).toMatchObject([{ invoice: 'in_1', recurring: true }])
  })

  test('is told once for each try', () => {
    const again = refused({}, '2024-06-20', START + 60)
    expect(judge(refused(), refused(), again, again)).toHaveLength(2)
  })

  test('is told without an amount that it does not have', () => {
    const fact = judge(refused({ amount: '5', last_payment_error: null }))[0]
    expect(fact).toMatchObject({ kind: 'paymentRefused' })
    expect(fact).not.toHaveProperty('amount')
    expect(fact).not.toHaveProperty('currency')
  })

  test('may be a card that was only to be saved', () => {
    expect(judge(event('setup_intent.setup_failed', setupIntent({ id: 'seti_1' })))).toStrictEqual([
      {
        kind: 'paymentRefused',
        at: START,
        eventId: expect.any(String),
        id: 'seti_1',
        setup: true,
        code: 'card_declined',
        reason: 'generic_decline',
        blocked: false,
        invalid: false,
        card: 'card_9',
        cardCountry: 'FR',
        funding: 'debit',
        method: 'card',
        recurring: false,
        payer: 'card_9',
      },
    ])
  })

  test('keeps a bounded record of its tries', () => {
    const ledger = createLedger()
    judgeWith(
      ledger,
      Array.from({ length: 200 }, (_, index) => refused({}, '2024-06-20', START + index)),
    )
    expect(ledger.stored.get('pi_1')?.length).toBeLessThan(1_000)
  })
})

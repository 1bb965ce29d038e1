import { describe, expect, test } from 'vitest'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge, refund } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { VERSIONS, type Version } from '../support/stripe/versions.ts'
import { createLedger, judge, judgeWith, ofKind, totals } from './judge.ts'

const OLD: Version = '2022-11-15'
const refunded = (total: number, fields: Json = {}, version: Version = OLD, previous?: Json) =>
  event('charge.refunded', charge({ id: 'ch_1', amount_refunded: total, ...fields }, version), {
    version,
    ...(previous === undefined ? {} : { previous }),
  })
const created = (id: string, amount: number, fields: Json = {}) =>
  event('refund.created', refund({ id, amount, ...fields }))
const updated = (id: string, amount: number, fields: Json = {}) =>
  event('charge.refund.updated', refund({ id, amount, ...fields }))
const amounts = (...events: Json[]) => ofKind(judge(...events), 'refunded').map((fact) => fact.amount)

describe('money given back', () => {
  test.each(VERSIONS)('is told by the growth of the charge’s total in version %s', (version) => {
    const first = refunded(1000, {}, version, { amount_refunded: 0 })
    const second = refunded(2500, {}, version, { amount_refunded: 1000 })
    expect(amounts(first, second, second)).toEqual([1000, 1500])
  })

  test('is right from the total alone when events before it were lost', () => {
    expect(amounts(refunded(2500, {}, OLD, { amount_refunded: 1000 }))).toEqual([2500])
  })

  test('ignores a total that arrives late', () => {
    expect(amounts(refunded(2500), refunded(1000))).toEqual([2500])
  })

  test('is told from refunds alone', () => {
    expect(amounts(created('re_1', 1000), created('re_2', 500), updated('re_1', 1000))).toEqual([1000, 500])
  })

  test('is told once when both families of events tell of it, whichever comes first', () => {
    expect(amounts(refunded(1000), created('re_1', 1000), updated('re_1', 1000))).toEqual([1000])
    expect(amounts(created('re_1', 1000), refunded(1000), created('re_2', 500), refunded(1500))).toEqual([
      1000, 500,
    ])
  })

  test('says whose card is refunded where a guest paid, whichever event tells of it', () => {
    const guest = { customer: null }
    const success = event('charge.succeeded', charge({ id: 'ch_1', ...guest }))
    for (const back of [created('re_1', 1000), refunded(1000, guest)]) {
      const [fact] = ofKind(judge(success, back), 'refunded')
      expect(fact).toMatchObject({ payer: 'card_1', amount: 1000 })
      expect(fact).not.toHaveProperty('customer')
    }
  })

  test('says which refund, why, of which charge and for whom', () => {
    const success = event('charge.succeeded', charge({ id: 'ch_1', customer: 'cus_7' }))
    const facts = judge(success, created('re_1', 1000, { reason: 'duplicate' }))
    expect(ofKind(facts, 'refunded')).toStrictEqual([
      {
        kind: 'refunded',
        at: START,
        eventId: expect.any(String),
        customer: 'cus_7',
        charge: 'ch_1',
        refund: 're_1',
        reason: 'duplicate',
        amount: 1000,
        currency: 'usd',
        chargeAmount: 2900,
      },
    ])
  })

  test('counts from its creation, and not when it failed or was cancelled', () => {
    expect(amounts(created('re_1', 1000, { status: 'pending' }))).toEqual([1000])
    expect(
      amounts(created('re_1', 1000), event('refund.failed', refund({ id: 're_1', status: 'failed' }))),
    ).toEqual([1000, -1000])
    expect(amounts(created('re_1', 1000), updated('re_1', 1000, { status: 'canceled' }))).toEqual([
      1000, -1000,
    ])
    expect(amounts(updated('re_1', 1000, { status: 'failed' }), created('re_1', 1000))).toEqual([])
  })

  test('that failed leaves the charge’s total too, and may be tried again', () => {
    const failed = event('refund.failed', refund({ id: 're_1', amount: 1000, status: 'failed' }))
    expect(amounts(refunded(1000), failed)).toEqual([1000, -1000])
    expect(amounts(refunded(1000), failed, created('re_2', 1000), refunded(1000))).toEqual([
      1000, -1000, 1000,
    ])
  })

  test('reads the refunds that old charges carry', () => {
    const old = (total: number, refunds: Json[]) => refunded(total, { refunds }, '2020-03-02')
    const one = refund({ id: 're_1', amount: 1000 })
    expect(amounts(old(1000, [one]), updated('re_1', 1000, { status: 'failed' }))).toEqual([1000, -1000])
  })

  test.each<[string, Json]>([
    ['no charge', { charge: null }],
    ['a number as charge', { charge: 3 }],
    ['no amount', { amount: null }],
    ['an amount as text', { amount: '1000' }],
    ['no currency', { currency: null }],
    ['no id', { id: null }],
  ])('is not told by a refund with %s', (_, fields) => {
    expect(judge(created('re_1', 1000, fields))).toEqual([])
  })

  test('takes a refund whose charge is expanded', () => {
    expect(judge(created('re_1', 1000, { charge: charge({ id: 'ch_9', customer: 'cus_9' }) }))).toMatchObject(
      [{ charge: 'ch_9', customer: 'cus_9', amount: 1000 }],
    )
  })

  test('keeps a bounded record though a charge be refunded hundreds of times', () => {
    const ledger = createLedger()
    const events = Array.from({ length: 300 }, (_, index) => created(`re_${index}`, 1))
    const gone = event('refund.failed', refund({ id: 're_299', amount: 1, status: 'failed' }))
    expect(totals(judgeWith(ledger, [...events, gone])).givenBack).toBe(299)
    expect(ledger.stored.get('ch_1')?.length).toBeLessThan(2_000)
  })
})

describe('an authorisation that is released gives nothing back', () => {
  const authorised = (version: Version) =>
    event('charge.succeeded', charge({ id: 'ch_1', amount: 3000, captured: false }, version), { version })
  const captured = (amount: number, back: number, version: Version) =>
    event(
      'charge.captured',
      charge({ id: 'ch_1', amount: 3000, amount_captured: amount, amount_refunded: back }, version),
      { version },
    )
  const partly = (total: number, version: Version) =>
    refunded(total, { amount: 3000, amount_captured: 2000 }, version)

  test.each(['2022-11-15', '2024-06-20'] as const)('by a partial capture before basil (%s)', (version) => {
    expect(amounts(authorised(version), captured(2000, 1000, version), partly(1000, version))).toEqual([])
    expect(amounts(partly(1000, version), captured(2000, 1000, version), authorised(version))).toEqual([])
  })

  test('by a partial capture whose release is told as a refund of its own', () => {
    const release = created('re_release', 1000)
    const events = [authorised(OLD), captured(2000, 1000, OLD), release, partly(1000, OLD)]
    expect(totals(judge(...events)).givenBack).toBe(0)
    expect(totals(judge(...events.toReversed())).givenBack).toBe(0)
    const real = [created('re_real', 500), partly(1500, OLD)]
    expect(totals(judge(...events, ...real)).givenBack).toBe(500)
    expect(totals(judge(...real, ...events)).givenBack).toBe(500)
  })

  test('by expiry or cancelling before basil', () => {
    const expired = refunded(3000, { amount: 3000, captured: false, refunded: true }, OLD)
    const release = created('re_1', 3000, { reason: 'expired_uncaptured_charge' })
    expect(amounts(authorised(OLD), expired, release)).toEqual([])
    expect(amounts(release, expired, authorised(OLD))).toEqual([])
    expect(totals(judge(created('re_2', 3000), authorised(OLD), expired)).givenBack).toBe(0)
  })

  test('and since basil what is refunded of a partly captured charge counts whole', () => {
    expect(
      amounts(
        authorised('2025-03-31.basil'),
        captured(2000, 0, '2025-03-31.basil'),
        partly(1500, '2025-03-31.basil'),
      ),
    ).toEqual([1500])
  })

  test('also in an event without a version, by the fields that basil took away', () => {
    const bare = (version: Version) => {
      const object = charge(
        { id: 'ch_1', amount: 3000, amount_captured: 2000, amount_refunded: 1500 },
        version,
      )
      return event('charge.refunded', object, { version: null })
    }
    expect(amounts(bare('2022-11-15'))).toEqual([500])
    expect(amounts(bare('2025-03-31.basil'))).toEqual([1500])
  })
})

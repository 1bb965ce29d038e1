import { describe, expect, test } from 'vitest'
import { DAY } from '../../src/time.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge, refund } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { invoice } from '../support/stripe/invoices.ts'
import { VERSIONS, type Version } from '../support/stripe/versions.ts'
import { createLedger, judge, judgeWith, kinds, ofKind } from './judge.ts'

const NOW = START + 60 * DAY

/** Of an object made 60 days ago of which nothing is remembered. */
const of = (type: string, object: Json, options: Json = {}) =>
  event(type, object, { created: NOW, ...options })
const refunded = (total: number, previous?: Json, fields: Json = {}, version: Version = '2024-06-20') =>
  of(
    'charge.refunded',
    charge({ id: 'ch_1', amount: 9_000, amount_refunded: total, created: START, ...fields }, version),
    {
      version,
      ...(previous && { previous }),
    },
  )
const told = (type: string, amount: number, fields: Json = {}) =>
  of(type, refund({ id: 're_new', amount, created: NOW, ...fields }))
const given = (...events: Json[]) =>
  ofKind(judge(...events), 'refunded').reduce((sum, { amount }) => sum + amount, 0)

describe('a refund of a charge older than memory', () => {
  const before = { amount_refunded: 3_000 }
  test.each<[string, Json[], number]>([
    ['by what changed', [refunded(5_000, before)], 2_000],
    ['whole, when nothing was given back before', [refunded(5_000, { amount_refunded: 0 })], 5_000],
    ['by the refund itself', [told('refund.created', 2_000)], 2_000],
    ['once when both tell of it', [told('refund.created', 2_000), refunded(5_000, before)], 2_000],
    ['once in the other order', [refunded(5_000, before), told('refund.created', 2_000)], 2_000],
    ['as nothing where nothing shows what is new', [refunded(5_000)], 0],
    [
      'by the refund where the total does not show it',
      [told('refund.created', 2_000), refunded(5_000)],
      2_000,
    ],
    ['by the refund that comes after such a total', [refunded(5_000), told('refund.created', 2_000)], 2_000],
    [
      'as what follows, once there is a total to compare with',
      [refunded(5_000), refunded(6_500, { amount_refunded: 5_000 })],
      1_500,
    ],
    [
      'less one of before that fails',
      [
        refunded(5_000, before),
        of('refund.failed', refund({ id: 're_old', amount: 3_000, status: 'failed' })),
      ],
      -1_000,
    ],
    [
      'less itself when it fails',
      [
        told('refund.created', 2_000),
        refunded(5_000, before),
        told('refund.failed', 2_000, { status: 'failed' }),
      ],
      0,
    ],
  ])('is counted %s', (_, events, amount) => expect(given(...events)).toBe(amount))

  test('is told from the refunds that the charge lists', () => {
    const listed = [
      refund({ id: 're_new', amount: 2_000, created: NOW }),
      refund({ id: 're_old', amount: 3_000, created: START + DAY }),
    ]
    const version = '2022-08-01'
    expect(given(refunded(5_000, undefined, { refunds: listed }, version))).toBe(2_000)
    expect(given(refunded(5_000, before, { refunds: listed }, version))).toBe(2_000)
  })

  test('counts by the total where the charge is of today: events before it were lost', () => {
    expect(given(refunded(5_000, before, { created: NOW - DAY }))).toBe(5_000)
  })

  test('leaves out what was never captured, which looked like a refund once', () => {
    const parts = { amount_captured: 8_000 }
    expect(given(refunded(5_000, before, parts))).toBe(2_000)
    expect(given(refunded(3_000, { amount_refunded: 1_000 }, parts))).toBe(2_000)
  })
})

describe('a refund of a charge that was made before its tenant connected', () => {
  const made = { created: NOW - 20 * DAY }
  const first = refunded(3_000, { amount_refunded: 0 }, made)
  const second = refunded(5_000, { amount_refunded: 3_000 }, made)
  const third = refunded(9_000, { amount_refunded: 5_000 }, made)
  const own = [3_000, 2_000, 4_000].map((amount, i) => told('refund.created', amount, { id: `re_${i}` }))
  const [one = second, two = second] = own

  test.each<[string, Json[], number]>([
    ['by what changed', [second], 2_000],
    ['by what changed and what follows', [second, third], 6_000],
    ['by what changed, out of order', [third, second], 6_000],
    ['by its total where the event does not say what changed', [refunded(5_000, undefined, made)], 5_000],
    ['once when the refund tells of it first', [two, second], 2_000],
    ['once when the refund tells of it last', [second, two, second], 2_000],
    ['whole when all refunds are told', [one, two, second], 5_000],
    ['whole out of order', [second, first], 5_000],
    [
      'whole when the charge itself comes late: it was made in time',
      [second, event('charge.succeeded', charge({ id: 'ch_1', amount: 9_000, ...made }), made)],
      5_000,
    ],
    [
      'by the remembered total, once the charge was seen',
      [event('charge.succeeded', charge({ id: 'ch_1', amount: 9_000, ...made }), made), second],
      5_000,
    ],
  ])('is counted %s', (_, events, amount) => expect(given(...events)).toBe(amount))
})

describe('the record of a charge', () => {
  const kept = (...events: Json[]) => {
    const ledger = createLedger()
    judgeWith(ledger, events)
    return { days: (ledger.kept.get('ch_1') ?? 0) / DAY, bytes: ledger.stored.get('ch_1')?.length ?? 0 }
  }
  const paid = event('charge.succeeded', charge({ id: 'ch_1', amount: 9_000 }))

  test('is kept for 35 days, and for as long as refunds are made and fail once there is one', () => {
    expect(kept(paid).days).toBe(35)
    expect(kept(paid, told('refund.created', 2_000)).days).toBe(220)
  })

  test('takes few bytes', () => {
    expect(kept(paid).bytes).toBeLessThan(130)
    expect(kept(event('charge.succeeded', charge({ id: 'ch_1', customer: null }))).bytes).toBeLessThan(130)
    expect(
      kept(paid, told('refund.created', 2_000), refunded(2_000, { amount_refunded: 0 })).bytes,
    ).toBeLessThan(260)
    const many = Array.from({ length: 300 }, (_, i) => told('refund.created', 1, { id: `re_${i}` }))
    expect(kept(paid, ...many).bytes).toBeLessThan(1_500)
  })
})

describe.each(VERSIONS)('an invoice older than memory, in version %s', (version) => {
  const bill = (fields: Json = {}) => invoice({ id: 'in_1', created: START, ...fields }, version)
  const shown = (type: string, fields: Json, previous?: Json) =>
    of(type, bill(fields), { version, ...(previous && { previous }) })
  const tags = { metadata: { booked: null } }

  test.each<[string, Json, string[]]>([
    ['that is tagged when it is paid', shown('invoice.updated', { status: 'paid' }, tags), []],
    ['that is tagged when it is open', shown('invoice.updated', { status: 'open' }, tags), []],
    ['that is tagged when it is void', shown('invoice.updated', { status: 'void' }, tags), []],
    ['that is sent again', shown('invoice.sent', { status: 'open' }), []],
    ['that is paid', shown('invoice.paid', { status: 'paid' }), ['invoicePaid']],
    [
      'that an update shows as paid',
      shown('invoice.updated', { status: 'paid' }, { status: 'open' }),
      ['invoicePaid'],
    ],
    ['that is voided', shown('invoice.voided', { status: 'void' }), ['invoiceDropped']],
    [
      'that is given up',
      shown('invoice.marked_uncollectible', { status: 'uncollectible' }),
      ['invoiceDropped'],
    ],
    ['that is finalised only now', shown('invoice.finalized', { status: 'open' }), ['invoiceFinalized']],
    [
      'whose collection fails',
      shown('invoice.payment_failed', { status: 'open', attempt_count: 3 }),
      ['invoiceFailed'],
    ],
    [
      'that was given up and is paid after all',
      shown('invoice.paid', { status: 'paid' }, { status: 'uncollectible' }),
      ['invoicePaid'],
    ],
  ])('%s tells that and nothing else, once', (_, one, expected) => {
    expect(kinds(judge(one, one))).toEqual(expected)
    const { object } = one['data'] as { object: Json }
    const tagged = of('invoice.updated', object, { version, previous: tags })
    expect(kinds(judge(one, { ...one, id: 'evt_again' }, tagged))).toEqual(expected)
  })
})

test('open business is kept longer than settled', () => {
  const daysOf = (id: string, ...events: Json[]) => {
    const ledger = createLedger()
    judgeWith(ledger, events)
    return (ledger.kept.get(id) ?? 0) / DAY
  }
  const shown = (type: string, status: string) => event(type, invoice({ id: 'in_1', created: START, status }))
  expect(daysOf('in_1', shown('invoice.finalized', 'open'))).toBe(400)
  expect(daysOf('in_1', shown('invoice.marked_uncollectible', 'uncollectible'))).toBe(400)
  expect(daysOf('in_1', shown('invoice.finalized', 'open'), shown('invoice.paid', 'paid'))).toBe(35)
  expect(daysOf('in_1', shown('invoice.finalized', 'open'), shown('invoice.voided', 'void'))).toBe(35)
})

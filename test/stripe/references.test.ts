import { describe, expect, test } from 'vitest'
import { referencesDiffer } from '../../src/stripe/references.ts'
import type { Json } from '../support/stripe/basics.ts'
import { charge } from '../support/stripe/charges.ts'
import { event } from '../support/stripe/events.ts'
import { judge, ofKind } from './judge.ts'

const succeeded = (fields: Json = {}, options: Json = {}) =>
  event('charge.succeeded', charge({ id: 'ch_1', ...fields }), options)

describe('a charge by its metadata', () => {
  test('takes its order from the first of the merchant’s usual names', () => {
    const orderOf = (metadata: unknown) => ofKind(judge(succeeded({ metadata })), 'chargeSucceeded')[0]?.order
    expect(orderOf({ reference: 'r', order: 'o', order_id: ' ' })).toBe('o')
    expect(orderOf({ reference: 'r', note: 'n' })).toBe('r')
    expect(orderOf({ order_id: 5 })).toBeUndefined()
    expect(orderOf(null)).toBeUndefined()
  })

  test.each([
    'order_id',
    'orderId',
    'OrderID',
    'order-id',
    'Order Id',
    'booking_ref',
    'Booking.Ref',
    'cartId',
  ])('reads its order from %s', (name) => {
    const [fact] = ofKind(judge(succeeded({ metadata: { [name]: 'A-7', note: 'x' } })), 'chargeSucceeded')
    expect(fact?.order).toBe('A-7')
  })

  test('keeps of an order that may be a sentence only a mark', () => {
    const orderOf = (order: string) =>
      ofKind(judge(succeeded({ metadata: { order } })), 'chargeSucceeded')[0]?.order
    expect(orderOf('Two cakes for Ann Smith')).toMatch(/^~\w+$/)
    expect(orderOf('ann@example.com')).toMatch(/^~\w+$/)
    expect(orderOf('Two cakes for Ann Smith')).toBe(orderOf(' Two cakes for Ann Smith '))
    expect(orderOf('Two cakes for Ann Smith')).not.toBe(orderOf('Two cakes for Bob Smith'))
  })

  describe('is told apart from another', () => {
    const referencesOf = (metadata: Json) =>
      ofKind(judge(succeeded({ metadata })), 'chargeSucceeded')[0]?.references
    const apart = (one: Json, other: Json) => referencesDiffer(referencesOf(one), referencesOf(other))

    test.each<[Json, Json]>([
      [{ ticket_no: 'A1' }, { 'Ticket No': 'A2' }],
      [{ seat: '12F' }, { seat: '12G' }],
      [{ invoice: '2026-17' }, { invoice: '2026-18' }],
      [{ enrolment_uuid: 'aa-bb' }, { enrolmentUuid: 'aa-bc' }],
      [
        { shop: 'berlin', sale_id: 'x' },
        { shop: 'berlin', sale_id: 'y' },
      ],
    ])('by %j and %j', (one, other) => expect(apart(one, other)).toBe(true))

    test.each<[Json, Json]>([
      [{ ticket_no: 'A1' }, { ticketNo: 'A1' }],
      [{ ticket_no: 'A1' }, { seat: '12' }],
      [{ request_id: 'r1' }, { request_id: 'r2' }],
      [{ attempt: '1' }, { attempt: '2' }],
      [{ paid_at: '2026-01-01T10:00:00Z' }, { paid_at: '2026-01-01T10:00:05Z' }],
      [{ clicked: '1767571200' }, { clicked: '1767571205' }],
      [{ note: 'the first' }, { note: 'the second' }],
      [{}, { ticket_no: 'A1' }],
    ])('not by %j and %j', (one, other) => expect(apart(one, other)).toBe(false))
  })

  test('keeps few and short marks of its metadata, and no word of it', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`customer_number_${i}`, `secret-${i}-${'7'.repeat(40)}`]),
    )
    const [fact] = ofKind(judge(succeeded({ metadata, description: 'For Ann Smith' })), 'chargeSucceeded')
    expect(fact?.references).toHaveLength(8)
    expect(JSON.stringify(fact)).not.toMatch(/secret|customer_number|Ann/)
    expect(JSON.stringify(fact?.references).length).toBeLessThan(160)
  })
})

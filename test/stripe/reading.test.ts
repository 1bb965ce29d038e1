import { describe, expect, test } from 'vitest'
import { isListened, LISTENED_TYPES, readBilling } from '../../src/stripe/reading.ts'
import { charge } from '../support/stripe/charges.ts'
import { customer } from '../support/stripe/customers.ts'
import { event, thinEvent } from '../support/stripe/events.ts'
import { createLedger, envelope, judge } from './judge.ts'

describe('the types that are listened to', () => {
  test('are concrete names, each once, without invoice.created', () => {
    expect(new Set(LISTENED_TYPES).size).toBe(LISTENED_TYPES.length)
    for (const type of LISTENED_TYPES) expect(type).toMatch(/^[a-z_]+(\.[a-z_]+)+$/)
    expect(LISTENED_TYPES).not.toContain('invoice.created')
  })

  test.each([
    ['charge.dispute.', 5],
    ['refund.', 3],
    ['radar.early_fraud_warning.', 2],
    ['customer.subscription.', 8],
    ['charge.', 12],
    ['invoice.', 6],
  ])('hold all of %s', (prefix, count) => {
    expect(LISTENED_TYPES.filter((type) => type.startsWith(prefix))).toHaveLength(count)
  })

  test('are judged, as is invoice.created when it comes', () => {
    for (const type of [...LISTENED_TYPES, 'invoice.created', 'invoice.updated', 'credit_note.created']) {
      expect(isListened(type), type).toBe(true)
    }
  })

  test.each([
    'product.created',
    'customer.created',
    'payment_intent.succeeded',
    'constructor',
    '__proto__',
    '',
  ])('do not hold %s', (type) => expect(isListened(type)).toBe(false))
})

test('an event that nothing listens to says nothing', () => {
  const reading = readBilling(envelope(event('customer.created', customer())))
  expect(reading.objects).toEqual([])
  expect(reading.apply(createLedger().open([]))).toEqual([])
})

test('a thin event says nothing, since its twin does', () => {
  expect(judge(thinEvent({ type: 'charge.succeeded', related_object: charge() }))).toEqual([])
})

test('the end of a customer and a session are heard, and left to the objects that tell them', () => {
  const deleted = event('customer.deleted', { id: 'cus_1', object: 'customer', deleted: true })
  const expired = event('checkout.session.async_payment_failed', { id: 'cs_1', object: 'checkout.session' })
  expect(judge(deleted, expired)).toEqual([])
})

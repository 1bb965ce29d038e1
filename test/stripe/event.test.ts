import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delivered, parseEvent, summarize } from '../../src/stripe/event.ts'
import { type Json, START } from '../support/stripe/basics.ts'
import { charge, dispute, refund } from '../support/stripe/charges.ts'
import { customer } from '../support/stripe/customers.ts'
import { body, event, thinEvent } from '../support/stripe/events.ts'
import { creditNote, invoice, invoicePayment } from '../support/stripe/invoices.ts'
import { checkoutSession, paymentIntent } from '../support/stripe/payments.ts'
import { subscription } from '../support/stripe/subscriptions.ts'
import { envelope } from './judge.ts'

const parse = (value: unknown) => parseEvent(JSON.stringify(value))

describe('an event’s envelope', () => {
  test('is read from text and from bytes alike', () => {
    const text = body(event('charge.succeeded', charge({ description: 'Café ☕️' })))
    const fromBytes = parseEvent(new TextEncoder().encode(text))
    expect(fromBytes).toEqual(parseEvent(text))
    expect(fromBytes?.object['description']).toBe('Café ☕️')
  })

  test('carries what Stripe says of the event and leaves out what it does not', () => {
    const object = charge()
    const made = event('charge.succeeded', object, {
      id: 'evt_1',
      created: START,
      account: 'acct_1',
      livemode: false,
      version: '2022-11-15',
      request: { id: 'req_1', idempotency_key: 'key_1' },
      previous: { amount: 1 },
    })
    expect(parse(made)).toStrictEqual({
      id: 'evt_1',
      type: 'charge.succeeded',
      created: START,
      livemode: false,
      account: 'acct_1',
      apiVersion: '2022-11-15',
      requestId: 'req_1',
      idempotencyKey: 'key_1',
      thin: false,
      object,
      previous: { amount: 1 },
    })
    const bare = event('charge.succeeded', object, { id: 'evt_1', version: null, request: null })
    expect(parse(bare)).toStrictEqual({
      id: 'evt_1',
      type: 'charge.succeeded',
      created: START,
      livemode: true,
      thin: false,
      object,
    })
  })

  test.each([
    [null, undefined, undefined],
    ['req_old', 'req_old', undefined],
    [{ id: 'req_1', idempotency_key: null }, 'req_1', undefined],
    [{ id: null, idempotency_key: 'k' }, undefined, 'k'],
    [{ id: 7, idempotency_key: ['k'] }, undefined, undefined],
    [7, undefined, undefined],
  ])('reads the request %j', (request, requestId, idempotencyKey) => {
    const parsed = parse(event('charge.succeeded', charge(), { request }))
    expect(parsed?.requestId).toBe(requestId)
    expect(parsed?.idempotencyKey).toBe(idempotencyKey)
  })

  test('of a thin event has its time from text and its object from what it is related to', () => {
    expect(parse(thinEvent({ id: 'evt_t', created: '2025-06-01T02:00:00.750+02:00' }))).toStrictEqual({
      id: 'evt_t',
      type: 'v1.charge.succeeded',
      created: START,
      livemode: true,
      thin: true,
      object: { id: 'ch_thin', type: 'charge', url: '/v1/charges/ch_thin' },
    })
    expect(parse(thinEvent({ related_object: null }))?.object).toEqual({})
  })

  const good: Json = event('charge.succeeded', charge())
  test.each<[string, unknown]>([
    ['text that is no JSON', '{'],
    ['an array', [good]],
    ['null', null],
    ['a number', 12],
    ['another object of Stripe’s', charge()],
    ['an event without a kind of object', { ...good, object: undefined }],
    ['an empty id', { ...good, id: '' }],
    ['an id longer than any of Stripe’s', { ...good, id: `evt_${'x'.repeat(252)}` }],
    ['a number as id', { ...good, id: 5 }],
    ['an empty type', { ...good, type: '' }],
    ['a type that is no string', { ...good, type: {} }],
    ['a time in milliseconds', { ...good, created: START * 1_000_000 }],
    ['a time before 1970', { ...good, created: -1 }],
    ['a broken time', { ...good, created: 1.5 }],
    ['a time as text in a snapshot event', { ...good, created: '2025-06-01T00:00:00Z' }],
    ['no data', { ...good, data: null }],
    ['data without an object', { ...good, data: {} }],
    ['an array as object', { ...good, data: { object: [] } }],
    ['seconds in a thin event', thinEvent({ created: START })],
    ['no time at all in a thin event', thinEvent({ created: 'yesterday' })],
  ])('is not made of %s', (_, value) => {
    expect(typeof value === 'string' ? parseEvent(value) : parse(value)).toBeUndefined()
  })

  test('takes an id of 255 characters', () => {
    expect(parse({ ...good, id: `evt_${'x'.repeat(251)}` })?.id).toHaveLength(255)
  })

  test('holds only text that every database can store', () => {
    const parsed = parse({ ...good, id: 'evt_\0', type: 'odd.\ud800', account: 'acct_\udc00\0' })
    expect(parsed).toMatchObject({ id: 'evt_\uFFFD', type: 'odd.\uFFFD', account: 'acct_\uFFFD\uFFFD' })
  })

  test('cannot reach any prototype', () => {
    const text = body(good).replace('"id":', '"__proto__": {"livemode": true, "polluted": 1}, "id":')
    const nested = text.replace('"amount":', '"__proto__": {"polluted": 1}, "amount":')
    const parsed = parseEvent(nested)
    expect(parsed).toBeDefined()
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(({} as Json)['polluted']).toBeUndefined()
  })

  test('comes or does not come, and never throws, for any JSON, text and bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.uint8Array()), (raw) => {
        const parsed = parseEvent(raw)
        if (parsed !== undefined) summarize(parsed)
      }),
      { numRuns: 500 },
    )
  })

  test('stays exact when fields around it are anything', () => {
    const odd = fc.record({ extra: fc.jsonValue(), request: fc.jsonValue(), api_version: fc.jsonValue() })
    fc.assert(
      fc.property(odd, (rest) => {
        const parsed = parse({ ...good, ...rest })
        expect(parsed).toMatchObject({ id: good['id'], type: good['type'], created: START })
      }),
    )
  })
})

describe('an event’s summary', () => {
  test.each<[string, Json, object]>([
    [
      'charge',
      charge({ id: 'ch_1' }),
      { objectId: 'ch_1', customerId: 'cus_1', amount: 2900, currency: 'usd' },
    ],
    ['refund', refund({ id: 're_1' }), { objectId: 're_1', amount: 1000, currency: 'usd' }],
    [
      'dispute',
      dispute({ id: 'dp_1', currency: 'EUR' }),
      { objectId: 'dp_1', amount: 2900, currency: 'eur' },
    ],
    [
      'payment intent',
      paymentIntent({ id: 'pi_1', customer: null }),
      { objectId: 'pi_1', amount: 2900, currency: 'usd' },
    ],
    [
      'negative invoice',
      invoice({ id: 'in_1', total: -500 }),
      { objectId: 'in_1', customerId: 'cus_1', amount: -500, currency: 'usd' },
    ],
    [
      'checkout of a guest',
      checkoutSession({ id: 'cs_1' }),
      { objectId: 'cs_1', amount: 2900, currency: 'usd' },
    ],
    [
      'old checkout without a total',
      checkoutSession({ id: 'cs_1', amount_total: undefined }),
      { objectId: 'cs_1' },
    ],
    [
      'open invoice payment',
      invoicePayment({ id: 'inpay_1', amount_paid: null, amount_requested: 70 }),
      { objectId: 'inpay_1', amount: 70, currency: 'usd' },
    ],
    [
      'credit note',
      creditNote({ id: 'cn_1' }),
      { objectId: 'cn_1', customerId: 'cus_1', amount: 500, currency: 'usd' },
    ],
    [
      'subscription, which has no amount',
      subscription({ id: 'sub_1' }),
      { objectId: 'sub_1', customerId: 'cus_1' },
    ],
    ['customer', customer({ id: 'cus_9' }), { objectId: 'cus_9', customerId: 'cus_9' }],
    [
      'deleted customer',
      { id: 'cus_9', object: 'customer', deleted: true },
      { objectId: 'cus_9', customerId: 'cus_9' },
    ],
    ['balance, which has no id', { object: 'balance', available: [{ amount: 5, currency: 'usd' }] }, {}],
    [
      'expanded customer',
      charge({ id: 'ch_1', amount: null, customer: customer({ id: 'cus_2' }) }),
      { objectId: 'ch_1', customerId: 'cus_2' },
    ],
    [
      'customer kept as an account',
      charge({ id: 'ch_1', amount: null, customer: null, customer_account: 'acct_5' }),
      { objectId: 'ch_1', customerId: 'acct_5' },
    ],
    ['numbers and text in the wrong places', charge({ id: 5, customer: 7, amount: '2900' }), {}],
    [
      'amount without a currency',
      charge({ id: 'ch_1', customer: null, currency: null }),
      { objectId: 'ch_1' },
    ],
  ])('of a %s', (_, object, expected) => {
    expect(summarize(envelope(event('some.type', object)))).toStrictEqual(expected)
  })

  test('of a thin event is the id of what it is related to', () => {
    expect(summarize(envelope(thinEvent()))).toStrictEqual({ objectId: 'ch_thin' })
    expect(summarize(envelope(thinEvent({ related_object: null })))).toStrictEqual({})
  })
})

test('a delivery is as late as it came after its event, and never early', () => {
  const made = envelope(event('odd.type', charge(), { id: 'evt_1', created: START }))
  expect(delivered(made, START + 42)).toEqual({
    kind: 'delivered',
    at: START,
    eventId: 'evt_1',
    type: 'odd.type',
    lag: 42,
  })
  expect(delivered(made, START - 3).lag).toBe(0)
})

import { describe, expect, test } from 'vitest'
import { type Json, MONTH, START } from '../support/stripe/basics.ts'
import { event } from '../support/stripe/events.ts'
import { type ItemOptions, item, subscription } from '../support/stripe/subscriptions.ts'
import { NEWEST, type Version } from '../support/stripe/versions.ts'
import { judge, ofKind } from './judge.ts'

const DAY = 86_400

const told = (object: Json, version: Version) =>
  ofKind(judge(event('customer.subscription.created', object, { version })), 'subscriptionChanged')[0]
const worthOf = (items: readonly ItemOptions[], version: Version = '2025-09-30.clover') =>
  told(subscription({ id: 'sub_1', items }, version), version)

describe('a subscription', () => {
  test.each<[string, ItemOptions[], object]>([
    ['seats', [{ unit: 1000, quantity: 7 }], { price: 7000, monthly: 7000, seats: 7 }],
    ['days', [{ unit: 12, interval: 'day' }], { price: 12, monthly: 365, interval: 'day' }],
    ['weeks', [{ unit: 84, interval: 'week', count: 2 }], { price: 84, monthly: 182.5, count: 2 }],
    ['quarters', [{ unit: 3000, count: 3 }], { price: 3000, monthly: 1000, interval: 'month', count: 3 }],
    ['years', [{ unit: 12000, interval: 'year' }], { price: 12000, monthly: 1000 }],
    ['several items', [{ unit: 1000 }, { unit: 500, quantity: 2 }], { price: 2000, monthly: 2000, seats: 3 }],
    [
      'a metered item beside',
      [{ unit: 1000 }, { unit: 5, usage: 'metered' }],
      { price: 1000, monthly: 1000, seats: 1 },
    ],
    ['nothing to pay', [{ unit: 0 }], { price: 0, monthly: 0, seats: 1 }],
    ['yen', [{ unit: 3000, currency: 'jpy' }], { price: 3000, currency: 'jpy' }],
  ])('is worth a month what it costs: %s', (_, items, expected) => {
    expect(worthOf(items)).toMatchObject(expected)
    expect(worthOf(items, '2020-03-02')).toMatchObject(expected)
  })

  test.each<[string, ItemOptions[]]>([
    ['tiered', [{ unit: null }]],
    ['tiered beside another', [{ unit: 1000 }, { unit: null }]],
    ['priced by fractions of usage', [{ unit: 1000 }, { unit: null, usage: 'metered' }]],
    ['in two currencies', [{ unit: 1000 }, { unit: 1000, currency: 'eur' }]],
    ['of an unknown interval', [{ interval: 'fortnight' }]],
    ['too large to be exact', [{ unit: 2 ** 50, quantity: 1000 }]],
    ['without items', []],
  ])('has no value that could be wrong when it is %s', (_, items) => {
    const fact = worthOf(items)
    expect(fact).toBeDefined()
    expect(fact).not.toHaveProperty('price')
    expect(fact).not.toHaveProperty('monthly')
  })

  test('billed in another currency than its price is told in has no value, before a change or after it', () => {
    const inYen = (unit: number) => subscription({ id: 'sub_1', currency: 'jpy', items: [{ unit }] })
    expect(told(inYen(29_000), NEWEST)).toMatchObject({ currency: 'jpy', seats: 1 })
    expect(told(inYen(29_000), NEWEST)).not.toHaveProperty('price')
    const changed = event('customer.subscription.updated', inYen(9_000), {
      previous: { items: inYen(29_000)['items'] },
    })
    const [fact] = ofKind(judge(changed), 'subscriptionChanged')
    expect(fact).not.toHaveProperty('monthly')
    expect(fact).not.toHaveProperty('before')
  })

  test('with items beyond those sent has no value', () => {
    const items = { data: [item()], has_more: true }
    const fact = told({ ...subscription({ id: 'sub_1' }), items }, NEWEST)
    expect(fact).not.toHaveProperty('monthly')
    expect(fact).not.toHaveProperty('seats')
  })

  test('renews with the item that ends first, at that item’s price', () => {
    const year = { unit: 12000, interval: 'year', end: START + 365 * DAY }
    expect(worthOf([year, { unit: 500 }])).toMatchObject({
      end: START + MONTH,
      interval: 'month',
      price: 500,
      monthly: 1500,
    })
  })
})

import { describe, expect, test } from 'vitest'
import { DETECTOR_NAMES } from '../../../src/detection/detector.ts'
import { LocalClock } from '../../../src/simulator/trade/local-clock.ts'
import { BUSINESSES, businessNamed } from '../../../src/simulator/trade/registry.ts'
import { simulateTrade } from '../../../src/simulator/trade/simulate.ts'
import { readEvent } from '../../../src/stripe/event.ts'
import { DAY } from '../../../src/time.ts'

const simulate = (name: string, seed: string, days?: number, incidents: 'on' | 'off' = 'off') =>
  simulateTrade({ seed, business: businessNamed(name), days, incidents })

describe('the second world', () => {
  test('names each kind of business once', () => {
    expect(new Set(BUSINESSES.map(({ name }) => name)).size).toBe(BUSINESSES.length)
    expect(() => businessNamed('no-such-trade')).toThrow(/canteen/)
  })

  test.each(BUSINESSES.map(({ name }) => name))(
    'makes of %s the same stream again, of Stripe events in order of arrival',
    (name) => {
      // An hour of the giant is a week of many others.
      const stream = () => simulate(name, 'a', name === 'giant' ? 1 / 24 : 3, 'on')
      const { events, labels, start } = stream()
      const again = stream()
      const repeated = again.events[Symbol.iterator]()
      let arrived = start
      for (const arrival of events) {
        const { event, received = arrived } = arrival
        expect(received).toBeGreaterThanOrEqual(arrived)
        arrived = received
        const line = JSON.stringify(arrival)
        if (readEvent(event) === undefined || JSON.stringify(repeated.next().value) !== line)
          expect.fail(line)
      }
      expect(repeated.next().done).toBe(true)
      expect(again.labels).toEqual(labels)
    },
  )

  test('labels what its detectors can see, within the stream', () => {
    const strengths = new Set<string>()
    for (const business of BUSINESSES) {
      for (const seed of ['a', 'b', 'c']) {
        const { labels, start, days } = simulateTrade({ seed, business, incidents: 'on' })
        for (const { detector, strength, from, to } of labels) {
          strengths.add(strength)
          expect(DETECTOR_NAMES).toContain(detector)
          expect(from).toBeGreaterThanOrEqual(start)
          expect(to).toBeGreaterThanOrEqual(from)
          expect(to).toBeLessThan(start + days * DAY)
        }
      }
    }
    expect([...strengths].sort()).toEqual(['clear', 'gross', 'subtle'])
  })

  test('closes the restaurant on Mondays where it is, and the gift shop on Sundays and holidays', () => {
    for (const [name, closed] of [
      ['restaurant', 1],
      ['gift-shop', 0],
    ] as const) {
      const { events, place } = simulate(name, 'a', 42)
      const clock = new LocalClock(place.zone)
      const weekdays = new Set<number>()
      for (const { event } of events) {
        if (event.type === 'charge.succeeded') weekdays.add(clock.weekday(event.created))
      }
      expect([...weekdays].sort()).toEqual([0, 1, 2, 3, 4, 5, 6].filter((weekday) => weekday !== closed))
    }
  })

  test('answers debits days after they were sent, refusals first', () => {
    const days = { 'charge.failed': new Set<number>(), 'charge.succeeded': new Set<number>() }
    for (const { event } of simulate('debit-club', 'a', 30).events) {
      const { id, created } = event.data.object
      if (event.type !== 'charge.failed' && event.type !== 'charge.succeeded') continue
      if (typeof id !== 'string' || !id.startsWith('py_') || typeof created !== 'number') continue
      days[event.type].add(Math.round((event.created - created) / DAY))
    }
    expect(Math.max(...days['charge.failed'])).toBeLessThan(Math.min(...days['charge.succeeded']))
  })

  test('gives refunds on Mondays only where a clerk does it', () => {
    const { events, place } = simulate('shop-with-clerk', 'b', 35)
    const clock = new LocalClock(place.zone)
    const weekdays = [...events]
      .filter(({ event }) => event.type === 'charge.refunded')
      .map(({ event }) => clock.weekday(event.created))
    expect(weekdays.filter((weekday) => weekday === 1).length).toBeGreaterThan(0.8 * weekdays.length)
    expect(weekdays.length).toBeGreaterThan(20)
  })

  test('has every kind of incident, and leaves a third of all streams without any', () => {
    const detectors = new Set<string>()
    let quiet = 0
    const seeds = Array.from({ length: 8 }, (_, i) => `kind ${i}`)
    for (const business of BUSINESSES) {
      for (const seed of seeds) {
        const { labels } = simulateTrade({ seed, business, incidents: 'on' })
        for (const { detector } of labels) detectors.add(detector)
        if (labels.length === 0) quiet++
      }
    }
    expect([...detectors].sort()).toEqual([...DETECTOR_NAMES].sort())
    expect(quiet / (seeds.length * BUSINESSES.length)).toBeGreaterThan(0.25)
    expect(quiet / (seeds.length * BUSINESSES.length)).toBeLessThan(0.45)
  })

  test('lets the same cards buy again within minutes at the machine, and not in the gift shop', () => {
    const share = (name: string): number => {
      const last = new Map<string, number>()
      let [payments, again] = [0, 0]
      for (const { event } of simulate(name, 'a', 21).events) {
        if (event.type !== 'charge.succeeded') continue
        payments++
        const key = JSON.stringify([event.data.object.payment_method_details, event.data.object.amount])
        if (event.created - (last.get(key) ?? 0) < 600) again++
        last.set(key, event.created)
      }
      return again / payments
    }
    expect(share('canteen')).toBeGreaterThan(0.06)
    expect(share('gift-shop')).toBeLessThan(0.01)
  })

  test('moves thousands of subscriptions in one night, and bills none of them before its anchor', () => {
    const made = new Map<string, number>()
    const nights = new Map<number, number>()
    for (const { event } of simulate('migrated', 'a', 20).events) {
      const { id, subscription, billing_cycle_anchor: anchor, created } = event.data.object
      if (
        event.type === 'customer.subscription.created' &&
        typeof anchor === 'number' &&
        anchor > event.created
      ) {
        made.set(String(id), anchor)
        const night = Math.floor(event.created / DAY)
        nights.set(night, (nights.get(night) ?? 0) + 1)
      }
      if (event.type.startsWith('invoice.') && made.has(String(subscription)))
        expect(Number(created)).toBeGreaterThanOrEqual(made.get(String(subscription)) ?? 0)
    }
    expect(Math.max(...nights.values())).toBeGreaterThan(4_000)
  })

  test('dates an event ahead now and then, among others that arrive on time', () => {
    let [ahead, newest, lines] = [0, 0, 0]
    for (const { event, received } of simulate('web-shop', 'c', 60).events) {
      lines++
      if (received !== undefined) continue
      if (newest - event.created > DAY / 8) ahead++
      newest = Math.max(newest, event.created)
    }
    expect(ahead).toBeGreaterThan(100)
    expect(ahead).toBeLessThan(lines)
  })

  test('gives each shop of a platform an account of its own, in one order of arrival', () => {
    const accounts = new Set<string | undefined>()
    for (const { event } of simulate('marketplace', 'a', 3).events) accounts.add(event.account)
    expect(accounts.has(undefined)).toBe(false)
    expect(accounts.size).toBeGreaterThan(8)
  })

  test('sells most tickets within a day of their going on sale', () => {
    const days = new Map<number, number>()
    for (const { event } of simulate('tickets', 'a').events) {
      const day = Math.floor(event.created / DAY)
      if (event.type === 'charge.succeeded') days.set(day, (days.get(day) ?? 0) + 1)
    }
    const counts = [...days.values()].sort((a, b) => b - a)
    const sum = (some: readonly number[]): number => some.reduce((total, count) => total + count, 0)
    expect(sum(counts.slice(0, 10)) / sum(counts)).toBeGreaterThan(0.5)
  })

  test('brings what went wrong in an outage afterwards, in disorder', () => {
    const seed = Array.from({ length: 60 }, (_, i) => `dark ${i}`).find((candidate) =>
      simulate('web-shop', candidate, undefined, 'on').labels.some(
        ({ detector, alsoAllowed }) => detector === 'REFUND_SPIKE' && alsoAllowed?.includes('WEBHOOK_LAG'),
      ),
    )
    const { labels, events } = simulate('web-shop', seed ?? '', undefined, 'on')
    const dark = labels.find(
      ({ detector, alsoAllowed }) => detector === 'REFUND_SPIKE' && alsoAllowed?.includes('WEBHOOK_LAG'),
    )
    const order = [...events]
      .filter(({ event }) => event.type === 'charge.refunded')
      .filter(({ event }) => dark && event.created >= dark.from && event.created <= dark.from + 3 * 3_600)
      .map(({ event }) => event.created)
    expect(order.length).toBeGreaterThan(5)
    expect(order).not.toEqual([...order].sort((a, b) => a - b))
  })
})

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DETECTOR_NAMES } from '../../../src/detection/detector.ts'
import { LocalClock } from '../../../src/simulator/trade/local-clock.ts'
import { BUSINESSES, businessNamed } from '../../../src/simulator/trade/registry.ts'
import { simulateTrade } from '../../../src/simulator/trade/simulate.ts'
import { parseEvent } from '../../../src/stripe/event.ts'
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
      const digest = (): string => {
        const hash = createHash('sha256')
        // An hour of the giant is a week of many others.
        const { events, labels, start } = simulate(name, 'a', name === 'giant' ? 1 / 24 : 4, 'on')
        let arrived = start
        for (const { event, received } of events) {
          const line = JSON.stringify(event)
          expect(parseEvent(line)).toBeDefined()
          expect(received ?? arrived).toBeGreaterThanOrEqual(arrived)
          arrived = received ?? arrived
          hash.update(line)
        }
        return hash.update(JSON.stringify(labels)).digest('hex')
      }
      expect(digest()).toBe(digest())
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
})

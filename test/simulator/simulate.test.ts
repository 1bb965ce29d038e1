import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DETECTOR_NAMES } from '../../src/detection/detector.ts'
import type { Arrival } from '../../src/simulator/event.ts'
import { INCIDENTS } from '../../src/simulator/incidents/registry.ts'
import { makeProfile, type Profile } from '../../src/simulator/profile.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { API_VERSIONS } from '../../src/simulator/versions.ts'
import { USUAL_START as start } from '../../src/simulator/write.ts'
import { parseEvent } from '../../src/stripe/event.ts'
import { DAY } from '../../src/time.ts'

/** A small tenant of a kind; what is left out is as the seed has it. */
const tenant = (changes: Partial<Profile>): Profile => ({
  ...makeProfile('tests', 'tenant'),
  business: 'saas',
  checkoutShare: 0.3,
  paymentsADay: 30,
  listening: 'everything',
  ...changes,
})

const digest = (arrivals: Iterable<Arrival>): string => {
  const hash = createHash('sha256')
  for (const arrival of arrivals) hash.update(JSON.stringify(arrival))
  return hash.digest('hex')
}

const envelope = z.strictObject({
  id: z.string().regex(/^evt_1[0-9A-Za-z]{23}$/),
  object: z.literal('event'),
  account: z
    .string()
    .regex(/^acct_/)
    .optional(),
  api_version: z.enum(API_VERSIONS),
  created: z.int().positive(),
  data: z.strictObject({
    object: z.looseObject({ object: z.string() }),
    previous_attributes: z.record(z.string(), z.unknown()).optional(),
  }),
  livemode: z.boolean(),
  pending_webhooks: z.int(),
  request: z.strictObject({ id: z.string().nullable(), idempotency_key: z.string().nullable() }),
  type: z.string().regex(/^[a-z_.]+$/),
})

describe('a simulated stream', () => {
  test('is the same for the same seed, and another for another', () => {
    const run = (seed: string): string => digest(simulate({ seed, days: 6, start, incidents: 'on' }).events)
    expect(run('1')).toBe(run('1'))
    expect(run('1')).not.toBe(run('2'))
  })

  test.each(API_VERSIONS)('holds nothing but Stripe events of its version (%s)', (apiVersion) => {
    const { events } = simulate({
      seed: apiVersion,
      days: 4,
      start,
      incidents: 'on',
      profile: tenant({ apiVersion }),
    })
    let count = 0
    for (const { event } of events) {
      expect(envelope.parse(event).api_version).toBe(apiVersion)
      expect(parseEvent(JSON.stringify(event))?.type).toBe(event.type)
      count++
    }
    expect(count).toBeGreaterThan(200)
  })

  test('keeps fields where the version has them', () => {
    const invoiceOf = (apiVersion: string): Record<string, unknown> | undefined => {
      const { events } = simulate({
        seed: 'x',
        days: 3,
        start,
        incidents: 'off',
        profile: tenant({ apiVersion }),
      })
      for (const { event } of events) {
        if (event.type === 'invoice.paid' && event.data.object['billing_reason'] === 'subscription_cycle')
          return event.data.object
      }
      return undefined
    }
    expect(invoiceOf('2022-11-15')?.['subscription']).toMatch(/^sub_/)
    expect(invoiceOf('2025-03-31.basil')).not.toHaveProperty('subscription')
    expect(invoiceOf('2025-03-31.basil')).toHaveProperty('parent.subscription_details.subscription')
  })

  test('arrives in order, and says so where an event is late', () => {
    const { events } = simulate({ seed: '5', days: 10, start, incidents: 'on', profile: tenant({}) })
    let clock = 0
    let late = 0
    for (const { event, received } of events) {
      if (received !== undefined) {
        expect(received).toBeGreaterThan(event.created)
        late++
      }
      const at = received ?? event.created
      // Arrivals without a time of their own are within seconds of it.
      expect(at).toBeGreaterThanOrEqual(clock - 10)
      clock = Math.max(clock, at)
    }
    expect(late).toBeGreaterThan(10)
  })

  test('brings some events again, and some changes twice', () => {
    const { events } = simulate({
      seed: '6',
      days: 20,
      start,
      incidents: 'off',
      profile: tenant({ paymentsADay: 80 }),
    })
    const ids = new Map<string, number>()
    for (const { event } of events) ids.set(event.id, (ids.get(event.id) ?? 0) + 1)
    expect([...ids.values()].filter((count) => count > 1).length).toBeGreaterThan(10)
  })

  test('has nothing to tell where incidents are off, and in about a third of all tenants', () => {
    const labelled = (incidents: 'on' | 'off', tenants: number): number =>
      Array.from({ length: tenants }, (_, i) =>
        simulate({ seed: `quiet/${i}`, days: 35, start, incidents, profile: tenant({}) }),
      ).filter(({ labels }) => labels.length > 0).length
    expect(labelled('off', 20)).toBe(0)
    const busy = labelled('on', 60)
    expect(busy).toBeGreaterThan(28)
    expect(busy).toBeLessThan(52)
  })

  test('counts money in whole minor units of its own currencies, and three decimals end in zero', () => {
    const currencies = [
      ['kwd', 1],
      ['jpy', 1],
    ] as const
    const { events } = simulate({
      seed: '8',
      days: 4,
      start,
      incidents: 'off',
      profile: tenant({ business: 'shop', checkoutShare: 1, currencies, prices: [] }),
    })
    const amounts: [unknown, unknown][] = []
    for (const { event } of events) {
      if (event.livemode && event.type === 'charge.succeeded')
        amounts.push([event.data.object['currency'], event.data.object['amount']])
    }
    expect(amounts.length).toBeGreaterThan(50)
    for (const [currency, amount] of amounts) {
      expect(Number.isSafeInteger(amount)).toBe(true)
      if (currency === 'kwd') expect(Number(amount) % 10).toBe(0)
    }
  })
})

describe('incidents', () => {
  test('there is one for each detector, under its name in kebab-case', () => {
    expect(INCIDENTS.map(({ detector }) => detector).sort()).toEqual([...DETECTOR_NAMES].sort())
    for (const { name, detector } of INCIDENTS) expect(name).toBe(detector.toLowerCase().replaceAll('_', '-'))
  })

  test.each(INCIDENTS)('$name happens within the stream, to objects that are in it', (incident) => {
    const days = Math.ceil(incident.daysBefore + incident.daysAfter + 4)
    const { events, labels } = simulate({
      seed: `only ${incident.name}`,
      days,
      start,
      incidents: 'on',
      only: incident,
    })
    expect(labels).toHaveLength(1)
    const [label] = labels
    expect(label?.detector).toBe(incident.detector)
    expect(label?.from).toBeGreaterThanOrEqual(start)
    expect(label?.to).toBeGreaterThanOrEqual(label?.from ?? 0)
    expect(label?.to).toBeLessThanOrEqual(start + days * DAY)
    const wanted = new Set(label?.objects)
    for (const { event } of events) {
      wanted.delete(String(event.data.object['id']))
      wanted.delete(String(event.data.object['customer']))
    }
    expect([...wanted]).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import type { Label } from '../../../src/simulator/incidents/incident.ts'
import { HOUR } from '../../../src/time.ts'
import type { Anomaly } from './anomaly.ts'
import { figuresOf } from './figures.ts'
import { matchAnomalies } from './matching.ts'

const T = 1_000 * HOUR

const label = (changes: Partial<Label>): Label => ({
  detector: 'DUPLICATE_CHARGE',
  strength: 'clear',
  from: T,
  to: T + HOUR,
  ...changes,
})

const anomaly = (changes: Partial<Anomaly>): Anomaly => ({
  detector: 'DUPLICATE_CHARGE',
  severity: 'MEDIUM',
  title: 'a title',
  message: 'a message',
  advice: 'some advice',
  startedAt: T,
  detectedAt: T,
  endedAt: null,
  customerId: 'cus_1',
  subjects: [],
  evidence: [{ name: 'charges', observed: 2, unit: 'COUNT' }],
  ...changes,
})

const counts = (labels: Label[], anomalies: Anomaly[]): Record<string, number> => {
  const { found, missed, repeats, falseAlarms, allowed } = matchAnomalies(labels, anomalies)
  return {
    found: found.length,
    missed: missed.length,
    repeats: repeats.length,
    falseAlarms: falseAlarms.length,
    allowed: allowed.length,
  }
}

const NOTHING = { found: 0, missed: 0, repeats: 0, falseAlarms: 0, allowed: 0 }

describe('an anomaly against the truth', () => {
  test.each([
    ['an hour before the begin', T - HOUR, 1],
    ['more than an hour before', T - HOUR - 1, 0],
    ['at the end with the tolerance', T + 3 * HOUR, 1],
    ['after it', T + 3 * HOUR + 1, 0],
  ])('matches in time: %s', (_, detectedAt, found) => {
    const wrong = { missed: 1 - found, falseAlarms: 1 - found }
    expect(counts([label({})], [anomaly({ detectedAt })])).toEqual({ ...NOTHING, found, ...wrong })
  })

  test('matches by customer or by any subject, where the label names objects', () => {
    const labels = [label({ objects: ['cus_1', 'sub_1'] })]
    expect(counts(labels, [anomaly({})])).toMatchObject({ found: 1 })
    const subjects = [{ type: 'subscription', stripeId: 'sub_1' }]
    expect(counts(labels, [anomaly({ customerId: null, subjects })])).toMatchObject({ found: 1 })
    expect(counts(labels, [anomaly({ customerId: 'cus_2' })])).toEqual({
      ...NOTHING,
      missed: 1,
      falseAlarms: 1,
    })
  })

  test('a second match is a repeat, except for parts of an incident of many objects', () => {
    const twice = [anomaly({}), anomaly({ detectedAt: T + 60 })]
    expect(counts([label({ objects: ['cus_1'] })], twice)).toEqual({ ...NOTHING, found: 1, repeats: 1 })
    const objects = ['cus_1', 'cus_2', 'cus_3', 'cus_4']
    expect(counts([label({ objects })], twice)).toEqual({ ...NOTHING, found: 1, allowed: 1 })
  })

  test('another detector is false unless a label allows it', () => {
    const other = anomaly({ detector: 'REVENUE_DROP' })
    expect(counts([label({})], [other])).toEqual({ ...NOTHING, missed: 1, falseAlarms: 1 })
    expect(counts([label({ alsoAllowed: ['REVENUE_DROP'] })], [other])).toEqual({
      ...NOTHING,
      missed: 1,
      allowed: 1,
    })
  })
})

test('a habit may be reported until it has been seen some times, and no more often', () => {
  const learning = [{ detector: 'DUPLICATE_CHARGE', from: T, to: T + 5 * HOUR, most: 2 }]
  const at = (hours: number) => anomaly({ detectedAt: T + hours * HOUR })
  const { allowed, falseAlarms } = matchAnomalies([], [at(1), at(2), at(3), at(6)], learning)
  expect(allowed.map(({ detectedAt }) => (detectedAt - T) / HOUR)).toEqual([1, 2])
  expect(falseAlarms.map(({ detectedAt }) => (detectedAt - T) / HOUR)).toEqual([3, 6])
  expect(
    matchAnomalies([], [anomaly({ detector: 'REFUND_SPIKE', detectedAt: T + HOUR })], learning),
  ).toMatchObject({
    falseAlarms: [{ detector: 'REFUND_SPIKE' }],
  })
})

test('figures count over whole incidents', () => {
  const labels = [label({}), label({ from: T + 100 * HOUR, to: T + 101 * HOUR, strength: 'gross' })]
  const matching = matchAnomalies(labels, [
    anomaly({ detectedAt: T + HOUR }),
    anomaly({ detectedAt: T + 50 * HOUR }),
  ])
  const figures = figuresOf([{ tenant: 'a', days: 14, matching }], ['DUPLICATE_CHARGE'])
  expect(figures).toMatchObject({
    labels: 2,
    precision: 0.5,
    recall: { clear: 1, gross: 0, subtle: undefined },
    falseAlarmsAWeek: 0.5,
    explained: 1,
    kinds: [{ recall: 0.5, precision: 0.5, delayHours: 1, falseAlarms: 1 }],
  })
})

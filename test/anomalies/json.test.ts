import { GraphQLObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { measurementJson } from '../../src/anomalies/json.ts'
import { incidentView } from '../../src/cli/incident-view.ts'
import { newStream } from '../../src/detection/engine/batch.ts'
import { newIncident } from '../../src/detection/engine/incident.ts'
import { schema } from '../../src/graphql/schema.ts'
import { anomalyMessage } from '../support/alert-messages.ts'

const WALL = new Date('2026-03-02T09:00:00Z')

function fieldsOf(name: string): Record<string, string> {
  const type = schema.getType(name)
  if (!(type instanceof GraphQLObjectType)) throw new Error(`${name} is no object`)
  return Object.fromEntries(Object.values(type.getFields()).map((field) => [field.name, String(field.type)]))
}

/** An anomaly's names without those that belong to what else is stored. */
const namesWithout = (...others: string[]): string[] =>
  Object.keys(fieldsOf('Anomaly'))
    .filter((name) => !others.includes(name))
    .sort()

const raised = {
  incident: newIncident({
    id: 'anm_1',
    detector: 'CHARGE_FAILURE_SPIKE',
    fingerprint: '',
    severity: 'HIGH',
    origin: 'HISTORY',
    title: 'Many payments fail',
    advice: '',
    startedAt: 1,
    detectedAt: 2,
    series: [{ at: 1, observed: 0.5, expected: 0.1, lower: 0, upper: 0.2 }],
    grouping: { keys: [], events: 0 },
  }),
  stream: newStream({ id: 'whe_1//live', endpointId: 'whe_1', account: null, livemode: true }, false),
}

it('an anomaly has the names of GraphQL in a webhook and on the command line', () => {
  const names = namesWithout('events', 'activity', 'series', 'alerts')
  expect(Object.keys(anomalyMessage().anomaly).sort()).toEqual(names)
  const view = incidentView(raised, WALL)
  expect(Object.keys(view).sort()).toEqual(names)
  expect(view).toMatchObject({ seriesUnit: 'RATIO', seriesCurrency: null, snoozedUntilItGrows: false })
})

it('a previewed anomaly has the fields of an anomaly, but what needs the recorded one', () => {
  const previewed = fieldsOf('PreviewedAnomaly')
  const wanted = Object.entries(fieldsOf('Anomaly')).filter(([name]) =>
    namesWithout('id', 'events', 'activity', 'alerts', 'related').includes(name),
  )
  expect(previewed).toMatchObject(Object.fromEntries(wanted))
})

it('a measurement is said in its unit and, of money, for people', () => {
  const measurement = {
    name: 'charged',
    observed: 2_900,
    expected: 100,
    unit: 'MONEY',
    currency: 'usd',
  } as const
  expect(measurementJson(measurement)).toEqual({
    name: 'charged',
    observed: 2_900,
    expected: 100,
    threshold: null,
    unit: 'MONEY',
    currency: 'USD',
    observedFormatted: '$29.00',
    expectedFormatted: '$1.00',
    thresholdFormatted: null,
  })
})

import { measured } from '../../anomalies/json.ts'
import type { Measurement as MeasurementShape } from '../../detection/detector.ts'
import { builder } from '../builder.ts'
import { Unit } from './unit.ts'

export const Measurement = builder.objectRef<MeasurementShape>('Measurement').implement({
  description: 'Something observed against what was expected of it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What was measured.' }),
    observed: t.exposeFloat('observed', { description: 'What was observed, in `unit`.' }),
    expected: t.exposeFloat('expected', { nullable: true, description: 'What is usual here, in `unit`.' }),
    threshold: t.exposeFloat('threshold', {
      nullable: true,
      description: 'From which value on it is an anomaly, in `unit`.',
    }),
    unit: t.expose('unit', { type: Unit, description: 'Unit of the three numbers.' }),
    currency: t.string({
      nullable: true,
      description: 'With unit MONEY: ISO 4217 in upper case.',
      resolve: ({ currency }) => currency?.toUpperCase() ?? null,
    }),
    observedFormatted: t.string({
      nullable: true,
      description: 'With unit MONEY: `observed` for people, e.g. `$29.00`.',
      resolve: (measurement) => measured(measurement, measurement.observed),
    }),
    expectedFormatted: t.string({
      nullable: true,
      description: 'With unit MONEY: `expected` for people.',
      resolve: (measurement) => measured(measurement, measurement.expected),
    }),
    thresholdFormatted: t.string({
      nullable: true,
      description: 'With unit MONEY: `threshold` for people.',
      resolve: (measurement) => measured(measurement, measurement.threshold),
    }),
  }),
})

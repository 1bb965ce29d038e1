import { z } from 'zod'
import { UNITS } from '../../detection/detector.ts'
import { builder } from '../builder.ts'
import { Unit } from './enums.ts'

const stored = z.array(
  z.object({
    name: z.string(),
    observed: z.number(),
    expected: z.number().nullish(),
    threshold: z.number().nullish(),
    unit: z.enum(UNITS),
    currency: z.string().nullish(),
  }),
)

export type MeasurementShape = z.output<typeof stored>[number]

export const measurementsOf = (json: string): MeasurementShape[] => stored.parse(JSON.parse(json))

export const Measurement = builder.objectRef<MeasurementShape>('Measurement').implement({
  description: 'Something observed against what was expected of it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What was measured.' }),
    observed: t.exposeFloat('observed', { description: 'What was seen, in `unit`.' }),
    expected: t.exposeFloat('expected', { nullable: true, description: 'What is usual here, in `unit`.' }),
    threshold: t.exposeFloat('threshold', {
      nullable: true,
      description: 'Where the alarm begins, in `unit`.',
    }),
    unit: t.expose('unit', { type: Unit, description: 'Unit of the three numbers.' }),
    currency: t.string({
      nullable: true,
      description: 'With unit MONEY: ISO 4217 in upper case.',
      resolve: ({ currency }) => currency?.toUpperCase() ?? null,
    }),
  }),
})

import { z } from 'zod'
import { toDate } from '../../time.ts'
import { builder } from '../builder.ts'

const stored = z.array(
  z.object({
    at: z.number(),
    observed: z.number(),
    expected: z.number().nullish(),
    lower: z.number().nullish(),
    upper: z.number().nullish(),
  }),
)

export type SeriesPointShape = z.output<typeof stored>[number]

export const seriesOf = (json: string): SeriesPointShape[] => stored.parse(JSON.parse(json))

export const SeriesPoint = builder.objectRef<SeriesPointShape>('SeriesPoint').implement({
  description:
    'One point of what was observed against the expected band, in the unit of the first measurement.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'Event time.', resolve: ({ at }) => toDate(at) }),
    observed: t.exposeFloat('observed', { description: 'What was observed.' }),
    expected: t.exposeFloat('expected', { nullable: true, description: 'What is usual at this time.' }),
    lower: t.exposeFloat('lower', { nullable: true, description: 'Lower edge of what is usual.' }),
    upper: t.exposeFloat('upper', { nullable: true, description: 'Upper edge of what is usual.' }),
  }),
})

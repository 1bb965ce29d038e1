import type { SeriesPoint as SeriesPointShape } from '../../detection/detector.ts'
import { toDate } from '../../time.ts'
import { builder } from '../builder.ts'

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

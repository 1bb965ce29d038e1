import { builder } from '../builder.ts'

export const DateTimeRange = builder.inputType('DateTimeRange', {
  description: 'A span of time; an end that is left out is open.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'Exclusive.' }),
  }),
})

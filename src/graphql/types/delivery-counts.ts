import { builder } from '../builder.ts'
import type { DeliveryCounts as Shape } from '../read/deliveries.ts'

export const DeliveryCounts = builder.objectRef<Shape>('DeliveryCounts').implement({
  description: "An endpoint's deliveries by outcome.",
  fields: (t) => ({
    accepted: t.exposeInt('accepted', { description: 'Stored as new events.' }),
    duplicates: t.exposeInt('duplicates', { description: 'Already stored.' }),
    badSignature: t.exposeInt('badSignature', { description: 'Refused for a bad or expired signature.' }),
    throttled: t.exposeInt('throttled', { description: 'Refused for the rate limit.' }),
  }),
})

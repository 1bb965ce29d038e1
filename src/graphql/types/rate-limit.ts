import type { RateLimit as Shape } from '../../config.ts'
import { builder } from '../builder.ts'

export const RateLimit = builder.objectRef<Shape>('RateLimit').implement({
  description: 'How many webhook deliveries are taken in a fixed window that begins with the first of them.',
  fields: (t) => ({
    requests: t.exposeInt('requests', { description: 'Deliveries in one window.' }),
    seconds: t.exposeInt('seconds', { description: 'Length of the window.' }),
  }),
})

export const RateLimitInput = builder.inputType('RateLimitInput', {
  description:
    'How many webhook deliveries are taken in a fixed window. Another limit begins a new window, a second later at most.',
  fields: (t) => ({
    requests: t.int({ required: true, description: 'Deliveries in one window, at least 1.' }),
    seconds: t.int({ required: true, description: 'Length of the window, at least 1.' }),
  }),
})

import { builder } from '../builder.ts'

export const RoleEnum = builder.enumType('Role', {
  description: 'What a key may do; each role includes the ones before it.',
  values: {
    VIEWER: { description: 'Reads and subscribes.' },
    MEMBER: { description: 'Also acknowledges, resolves, gives feedback, and sees the payloads of events.' },
    ADMIN: {
      description: 'Also manages keys, secrets, endpoints and detectors, and reads the activity log.',
    },
  },
})

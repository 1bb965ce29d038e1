import type { AlertAttempt as AttemptRow } from '../../generated/sqlite/client.ts'
import { builder } from '../builder.ts'

export const AlertAttempt = builder.objectRef<AttemptRow>('AlertAttempt').implement({
  description: 'One attempt to deliver an alert; kept for 30 days.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it was made.' }),
    milliseconds: t.exposeInt('milliseconds', { description: 'How long it took.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'The status that was answered, if any was.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed; null where it did not.' }),
    answer: t.exposeString('answer', {
      nullable: true,
      authScopes: { admin: true },
      description: 'The first 256 bytes of what was answered. ADMIN.',
    }),
  }),
})

import { builder } from '../builder.ts'
import type { OnboardingStep as Shape } from '../read/onboarding.ts'

export const OnboardingStep = builder.objectRef<Shape>('OnboardingStep').implement({
  description: 'One step from a new tenant to its first live event.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Stays the same, for programs.' }),
    title: t.exposeString('title', { description: 'A few words.' }),
    help: t.exposeString('help', { description: 'How to do it.' }),
    done: t.boolean({ description: 'Whether it is done.', resolve: ({ doneAt }) => doneAt !== null }),
    doneAt: t.expose('doneAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Wall clock: since when; null while it is not done.',
    }),
  }),
})

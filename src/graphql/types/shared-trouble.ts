import { type SharedTrouble as Shape, sharedTrouble } from '../../tenancy/shared-trouble.ts'
import { builder } from '../builder.ts'
import { STATEMENT } from './connection.ts'
import { DetectorNameEnum } from './detector-name.ts'

const SharedTrouble = builder.objectRef<Shape>('SharedTrouble').implement({
  description:
    'The same trouble at five tenants or more, which began within an hour and goes on: it looks like Stripe, a bank or this server.',
  fields: (t) => ({
    detector: t.expose('detector', { type: DetectorNameEnum, description: 'Which detector raised it.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'Event time: when it began at the first of them.',
    }),
    tenants: t.exposeInt('tenants', { description: 'At how many tenants.' }),
    of: t.exposeInt('of', { description: 'Of how many that have had deliveries within a day.' }),
  }),
})

builder.queryField('sharedTrouble', (t) =>
  t.authField({
    type: [SharedTrouble],
    nullable: true,
    authScopes: { operator: true },
    description: 'What goes on at several tenants at once, that of most tenants first. Operator.',
    complexity: { field: 5 * STATEMENT, multiplier: 5 },
    resolve: (_root, _args, { operator, services: { clock } }) => sharedTrouble(operator.database, clock),
  }),
)

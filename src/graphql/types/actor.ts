import { ACTOR_KINDS, type ActorKind as ActorKindName, type Actor as ActorShape } from '../../actor.ts'
import { builder } from '../builder.ts'

/** An actor stored in two columns; an unknown kind becomes SYSTEM. */
export const actorFrom = (kind: string, name: string): ActorShape => ({
  kind: ACTOR_KINDS.find((known) => known === kind) ?? 'SYSTEM',
  name,
})

const ActorKind = builder.enumType('ActorKind', {
  description: 'With what kind of credentials somebody acted.',
  values: {
    API_KEY: { description: "A tenant's key; the name is the key's." },
    ACCESS_TOKEN: { description: "A short-lived token; the name is the token's subject." },
    OPERATOR: { description: 'The operator of this BillingWatch.' },
    SYSTEM: { description: 'BillingWatch itself.' },
  } satisfies Record<ActorKindName, { description: string }>,
})

export const Actor = builder.objectRef<ActorShape>('Actor').implement({
  description: 'Who did something.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ActorKind, description: 'With what kind of credentials.' }),
    name: t.exposeString('name', {
      description: 'The name of the key, or of the person a token was made for.',
    }),
  }),
})

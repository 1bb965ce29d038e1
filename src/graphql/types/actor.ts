import { z } from 'zod'
import type { ActorKind as ActorKindName, Actor as ActorShape } from '../../actor.ts'
import { builder } from '../builder.ts'

const KINDS = ['API_KEY', 'ACCESS_TOKEN', 'OPERATOR', 'SYSTEM'] as const satisfies readonly ActorKindName[]

const stored = z.object({ kind: z.enum(KINDS), name: z.string() })

/** An actor stored in a column as JSON. */
export const actorOf = (json: string | null): ActorShape | null =>
  json === null ? null : stored.parse(JSON.parse(json))

/** An actor stored in two columns; an unknown kind becomes SYSTEM. */
export const actorFrom = (kind: string, name: string): ActorShape => ({
  kind: KINDS.find((known) => known === kind) ?? 'SYSTEM',
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

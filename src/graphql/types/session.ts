import type { Session as SessionRow } from '../../generated/sqlite/client.ts'
import { listSessions, revokeSession } from '../../tenancy/session/list.ts'
import { IDLE } from '../../tenancy/session/sessions.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import { ApiKey } from './api-key.ts'
import { STATEMENT } from './connection.ts'
import { Node } from './node.ts'
import { Tenant } from './tenant.ts'

const Session = builder.objectRef<SessionRow>('Session').implement({
  description: 'Somebody who is, or lately was, signed in to the dashboard with a key of the tenant. ADMIN.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `ses_`.' }),
    name: t.exposeString('name', { description: 'Of the person, as they gave it.' }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: 'The key that they signed in with; the session ends with it.',
      complexity: STATEMENT,
      resolve: ({ tenantId, keyId }, _args, context) =>
        context.scopeOfTenant(tenantId).db.apiKey.findFirst({ where: { tenantId, id: keyId } }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they signed in.' }),
    lastUsedAt: t.expose('usedAt', {
      type: 'DateTime',
      description: 'When it last fetched a token, which an open page does every few minutes.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it ends by itself: 7 days after it began, or 12 hours after its last use.',
      resolve: ({ usedAt, expiresAt }) => new Date(Math.min(expiresAt.getTime(), usedAt.getTime() + IDLE)),
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they signed out or somebody ended it; null before, and where only its time ran out.',
    }),
    current: t.boolean({
      description: 'Whether these very credentials are of it.',
      resolve: ({ id }, _args, { caller }) => caller.sessionId === id,
    }),
  }),
})

builder.objectField(Tenant, 'sessions', (t) =>
  t.field({
    type: [Session],
    nullable: true,
    authScopes: { $any: { admin: true, operator: true } },
    description:
      'Who is signed in to the dashboard, and who was in the last week; newest first, at most 200. ADMIN.',
    complexity: { field: STATEMENT, multiplier: 20 },
    resolve: ({ id }, _args, context) => listSessions(context.scopeOfTenant(id)),
  }),
)

const RevokeSessionInput = builder.inputType('RevokeSessionInput', {
  description: 'Input of revokeSession.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The session, `ses_…`.' }) }),
})

const RevokeSessionPayload = builder.objectRef<{ session: SessionRow }>('RevokeSessionPayload').implement({
  description: 'Payload of revokeSession.',
  fields: (t) => ({
    session: t.expose('session', { type: Session, description: 'The session, which has ended.' }),
  }),
})

builder.mutationField('revokeSession', (t) =>
  t.field({
    type: RevokeSessionPayload,
    nullable: true,
    authScopes: { admin: true },
    description: 'Ends a session: its tokens are refused at once, its open sockets within a second. ADMIN.',
    args: { input: t.arg({ type: RevokeSessionInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const session = await revokeSession(scope, actingOf(context), String(input.id))
      publishAct(context, scope.tenantId)
      return { session }
    },
  }),
)

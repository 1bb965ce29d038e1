import type { ApiKey as ApiKeyRow } from '../../generated/sqlite/client.ts'
import { createApiKey, revokeApiKey } from '../../tenancy/api-keys.ts'
import { ROLES } from '../../tenancy/caller.ts'
import { resolveMoment } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import { connectionOf } from './connection.ts'
import { Node } from './node.ts'
import { RoleEnum } from './role.ts'

export const ApiKey = builder.objectRef<ApiKeyRow>('ApiKey').implement({
  description: "A tenant's key. The key itself is shown once, when it is made.",
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `key_`.' }),
    name: t.exposeString('name', { description: 'Its display name.' }),
    role: t.field({
      type: RoleEnum,
      description: 'What it may do.',
      resolve: ({ role }) => ROLES.find((known) => known === role) ?? 'VIEWER',
    }),
    prefix: t.exposeString('prefix', { description: 'Its first characters, to tell keys apart.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to about a minute.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it expires; null: never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null while it is valid.',
    }),
  }),
})

export const { connection: ApiKeyConnection } = connectionOf('ApiKey', ApiKey)

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'Input of createApiKey.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'A display name, at most 200 characters.' }),
    role: t.field({ type: RoleEnum, required: true, description: 'What it may do.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it expires; never when left out.' }),
  }),
})

interface Created {
  apiKey: ApiKeyRow
  secret: string
}

const CreateApiKeyPayload = builder.objectRef<Created>('CreateApiKeyPayload').implement({
  description: 'Payload of createApiKey.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKey, description: 'The new key as lists show it.' }),
    secret: t.exposeString('secret', {
      description: 'The key itself, `bw_live_…`: this is the only time it can be seen.',
    }),
  }),
})

const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
  description: 'Input of revokeApiKey.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The key, `key_…`.' }) }),
})

const RevokeApiKeyPayload = builder.objectRef<{ apiKey: ApiKeyRow }>('RevokeApiKeyPayload').implement({
  description: 'Payload of revokeApiKey.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKey, description: 'The key after the mutation.' }),
  }),
})

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    nullable: true,
    authScopes: { admin: true },
    description: 'A new key for this tenant. ADMIN.',
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The new key.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const expiresAt = input.expiresAt && (await resolveMoment(scope, input.expiresAt))
      const { apiKey, key } = await createApiKey(scope, actingOf(context), { ...input, expiresAt })
      publishAct(context, scope.tenantId)
      return { apiKey, secret: key }
    },
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyPayload,
    nullable: true,
    authScopes: { admin: true },
    description: 'Revokes a key at once, and closes its open sockets within a second. ADMIN.',
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: 'Which key.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const apiKey = await revokeApiKey(scope, actingOf(context), input.id)
      publishAct(context, scope.tenantId)
      return { apiKey }
    },
  }),
}))

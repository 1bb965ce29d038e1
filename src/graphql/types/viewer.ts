import type { Caller } from '../../tenancy/caller.ts'
import { builder } from '../builder.ts'
import { ApiKey } from './api-key.ts'
import { RoleEnum } from './role.ts'
import { Tenant } from './tenant.ts'

const Viewer = builder.objectRef<Caller>('Viewer').implement({
  description: 'What the credentials of this request may do; for frontends that hide buttons.',
  fields: (t) => ({
    role: t.field({
      type: RoleEnum,
      nullable: true,
      description: 'Role in the tenant; null for an operator who named none.',
      resolve: ({ role }) => role ?? null,
    }),
    name: t.string({
      description: 'The name under which activity shows what is done with these credentials.',
      resolve: ({ actor }) => actor.name,
    }),
    operator: t.exposeBoolean('operator', { description: 'Whether tenants may be managed.' }),
    tenant: t.field({
      type: Tenant,
      nullable: true,
      description: 'The tenant; null for an operator who named none.',
      resolve: (_caller, _args, { scope }) =>
        scope ? scope.db.tenant.findFirst({ where: { id: scope.tenantId } }) : null,
    }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      description: 'The key that was used; null for access tokens and the operator.',
      resolve: ({ actor, keyId }, _args, { scope }) =>
        scope && keyId !== undefined && actor.kind === 'API_KEY'
          ? scope.db.apiKey.findFirst({ where: { tenantId: scope.tenantId, id: keyId } })
          : null,
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    authScopes: { anyone: true },
    description: 'The caller: what these credentials may do, and in which tenant.',
    resolve: (_root, _args, { caller }) => caller,
  }),
)

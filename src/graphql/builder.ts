import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { PublicError } from '../errors.ts'
import { atLeast } from '../tenancy/caller.ts'
import type { Moment } from '../tenancy/local-time.ts'
import type { Context, OperatorContext } from './context.ts'

/**
 * Defines no type: each type is one file under `types/`, with its fields, queries, mutations and subscriptions.
 * Every root field says in `authScopes` who may call it; `schema.ts` refuses one that does not.
 */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Moment; Output: Date }
    JSON: { Input: unknown; Output: unknown }
    SafeInt: { Input: number; Output: number | bigint }
  }
  AuthScopes: {
    /** Any caller with valid credentials, also an operator who named no tenant. */
    anyone: boolean
    viewer: boolean
    member: boolean
    admin: boolean
    operator: boolean
  }
  AuthContexts: { operator: OperatorContext }
}>({
  plugins: [ScopeAuthPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  // Only declares what fields cost: cost-limit.ts compares the sum before anything runs, the plugin would do so per field.
  complexity: { defaultComplexity: 1, defaultListMultiplier: 5, disabled: true },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ caller }) => ({
      anyone: true,
      viewer: caller.role !== undefined,
      member: caller.role !== undefined && atLeast(caller.role, 'MEMBER'),
      admin: caller.role !== undefined && atLeast(caller.role, 'ADMIN'),
      operator: caller.operator,
    }),
    unauthorizedError: (_parent, { caller }, info) =>
      new PublicError(
        'FORBIDDEN',
        caller.operator && caller.tenantId === undefined
          ? `${info.fieldName} acts inside a tenant: name it with x-tenant-id (connectionParams.tenantId).`
          : `These credentials may not use ${info.fieldName}.`,
      ),
  },
})

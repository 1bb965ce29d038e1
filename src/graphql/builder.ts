import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { PublicError } from '../errors.ts'
import { atLeast } from '../tenancy/caller.ts'
import type { Moment } from '../tenancy/local-time.ts'
import type { Context } from './context.ts'

/** Most that one operation may cost, in fields: some 200 rows of everything, or a few panels of 50. See `limits.ts`. */
export const MAX_COST = 100_000

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
    /** Whoever has good credentials, also an operator who named no tenant. */
    anyone: boolean
    viewer: boolean
    member: boolean
    admin: boolean
    operator: boolean
  }
}>({
  plugins: [ScopeAuthPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  // Only weighs the fields: limits.ts compares the sum before anything runs, the plugin itself would do so per field.
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

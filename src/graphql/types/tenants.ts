import type { Tenant as TenantRow } from '../../generated/sqlite/client.ts'
import { listTenants } from '../../tenancy/tenants.ts'
import { builder } from '../builder.ts'
import { decodeCursor, encodeCursor, unknownCursor } from '../read/cursor.ts'
import { readPage, type Source } from '../read/paging.ts'
import { connectionOf, pageArgs, pageCost } from './connection.ts'
import { Tenant } from './tenant.ts'

const { connection: TenantConnection } = connectionOf('Tenant', Tenant)

/** A list in memory, oldest first; its sort key is a tenant's age. */
function listSource(tenants: readonly TenantRow[]): Source<TenantRow, string> {
  const ageOf = ({ createdAt, id }: TenantRow) => `${createdAt.toISOString()} ${id}`
  return {
    read: async ({ after, before, backward, take }) => {
      const between = tenants.filter(
        (tenant) =>
          (after === undefined || ageOf(tenant) > after) && (before === undefined || ageOf(tenant) < before),
      )
      return (backward ? between.reverse() : between).slice(0, take)
    },
    count: async () => tenants.length,
    keyOf: ageOf,
    encode: (age) => encodeCursor('', 'tenants', [age]),
    decode: (cursor) => {
      const [age] = decodeCursor('', 'tenants', cursor)
      if (age === undefined) throw unknownCursor()
      return age
    },
  }
}

builder.queryField('tenants', (t) =>
  t.authField({
    type: TenantConnection,
    nullable: true,
    authScopes: { operator: true },
    description: 'Every tenant, oldest first, without those that are being erased. Operator.',
    complexity: pageCost,
    args: {
      search: t.arg.string({ description: 'Part of the name or externalId, in any case; or a whole id.' }),
      suspended: t.arg.boolean({ description: 'Only those that are suspended, or only those that are not.' }),
      ...pageArgs(t),
    },
    resolve: async (_root, { search, suspended, ...page }, { operator }) => {
      const tenants = await listTenants(operator.database, {
        search: search ?? undefined,
        suspended: suspended ?? undefined,
      })
      return readPage(page, listSource(tenants))
    },
  }),
)

import type { Tenant as TenantRow } from '../../generated/sqlite/client.ts'
import type { Database } from '../../storage/database.ts'
import { openBySeverity } from '../../storage/trouble.ts'
import { listTenants } from '../../tenancy/tenants.ts'
import { builder } from '../builder.ts'
import { decodeCursor, encodeCursor, unknownCursor } from '../read/cursor.ts'
import { readPage, type Source } from '../read/paging.ts'
import { connectionOf, pageArgs, pageCost } from './connection.ts'
import { OrderDirection } from './order-direction.ts'
import { Tenant } from './tenant.ts'

const { connection: TenantConnection } = connectionOf('Tenant', Tenant)

const FIELDS = ['NAME', 'CREATED', 'TROUBLE'] as const
type OrderField = (typeof FIELDS)[number]

const TenantOrderField = builder.enumType('TenantOrderField', {
  description: 'What tenants can be ordered by.',
  values: {
    NAME: { description: '`name`, in any case.' },
    CREATED: { description: '`createdAt`.' },
    TROUBLE: {
      description:
        'How many CRITICAL anomalies are open and not snoozed, then how many HIGH, MEDIUM and LOW.',
    },
  } satisfies Record<OrderField, { description: string }>,
})

const TenantOrder = builder.inputType('TenantOrder', {
  description: 'The order of tenants.',
  fields: (t) => ({
    field: t.field({
      type: TenantOrderField,
      required: true,
      defaultValue: 'CREATED',
      description: 'By what.',
    }),
    direction: t.field({
      type: OrderDirection,
      description: 'Left out: ascending, and by TROUBLE descending, so that the worst come first.',
    }),
  }),
})

/** Digits of a count in a sort key. */
const WIDTH = 9

/** Sort keys of tenants; texts compare as what they stand for does. */
async function sortKeys(
  database: Database,
  tenants: readonly TenantRow[],
  field: OrderField,
): Promise<(tenant: TenantRow) => string> {
  if (field === 'CREATED') return ({ createdAt }) => createdAt.toISOString()
  if (field === 'NAME') return ({ name }) => name.toLowerCase()
  const open = await openBySeverity(database.sql)
  const keys = new Map(
    tenants.map(({ id }) => [
      id,
      (open.get(id) ?? [0, 0, 0, 0])
        .toReversed()
        .map((count) => String(count).padStart(WIDTH, '0'))
        .join(''),
    ]),
  )
  return ({ id }) => keys.get(id) ?? ''
}

/** Where a tenant stands: its sort key, then its id, which is unique. */
type Place = readonly [key: string, id: string]

const compare = (one: Place, other: Place): number => {
  const at = one[0] === other[0] ? 1 : 0
  const [a = '', b = ''] = [one[at], other[at]]
  return a < b ? -1 : a > b ? 1 : 0
}

/** A list in memory. @param list names the order in cursors */
function listSource(
  tenants: readonly TenantRow[],
  { keyOf, descending, list }: { keyOf(tenant: TenantRow): string; descending: boolean; list: string },
): Source<TenantRow, Place> {
  const placeOf = (tenant: TenantRow): Place => [keyOf(tenant), tenant.id]
  const inOrder = (one: Place, other: Place) => (descending ? -compare(one, other) : compare(one, other))
  const sorted = tenants.toSorted((one, other) => inOrder(placeOf(one), placeOf(other)))
  return {
    read: async ({ after, before, backward, take }) => {
      const between = sorted.filter(
        (tenant) =>
          (after === undefined || inOrder(placeOf(tenant), after) > 0) &&
          (before === undefined || inOrder(placeOf(tenant), before) < 0),
      )
      return (backward ? between.reverse() : between).slice(0, take)
    },
    count: async () => tenants.length,
    keyOf: placeOf,
    encode: (place) => encodeCursor('', list, place.map(encodeURIComponent)),
    decode: (cursor) => {
      const [key, id] = decodeCursor('', list, cursor)
      if (key === undefined || id === undefined) throw unknownCursor()
      return [decodeURIComponent(key), decodeURIComponent(id)]
    },
  }
}

builder.queryField('tenants', (t) =>
  t.authField({
    type: TenantConnection,
    nullable: true,
    authScopes: { operator: true },
    description:
      'Every tenant, oldest first unless asked otherwise, without those that are being erased. Operator.',
    complexity: pageCost,
    args: {
      search: t.arg.string({ description: 'Part of the name or externalId, in any case; or a whole id.' }),
      suspended: t.arg.boolean({ description: 'Only those that are suspended, or only those that are not.' }),
      orderBy: t.arg({ type: TenantOrder, description: 'In which order; oldest first when left out.' }),
      ...pageArgs(t),
    },
    resolve: async (_root, { search, suspended, orderBy, ...page }, { operator }) => {
      const tenants = await listTenants(operator.database, {
        search: search ?? undefined,
        suspended: suspended ?? undefined,
      })
      const field = orderBy?.field ?? 'CREATED'
      const direction = orderBy?.direction ?? (field === 'TROUBLE' ? 'DESC' : 'ASC')
      const keyOf = await sortKeys(operator.database, tenants, field)
      const order = { keyOf, descending: direction === 'DESC', list: `tenants:${field}:${direction}` }
      return readPage(page, listSource(tenants, order))
    },
  }),
)

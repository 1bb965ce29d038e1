import { placeOf } from '../../calendar/country.ts'
import type { ApiKey as ApiKeyRow, Tenant as TenantRow } from '../../generated/sqlite/client.ts'
import { columnsOf, ENDPOINTS, readRows } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { builder } from '../builder.ts'
import { decodeCursor, encodeCursor, momentPart, unknownCursor } from '../read/cursor.ts'
import { readOnboarding } from '../read/onboarding.ts'
import { readPage, type Source } from '../read/paging.ts'
import { ApiKeyConnection } from './api-key.ts'
import { pageArgs, pageCost, STATEMENT } from './connection.ts'
import { Node } from './node.ts'
import { OnboardingStep } from './onboarding-step.ts'
import { RateLimit } from './rate-limit.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'

export const Tenant = builder.objectRef<TenantRow>('Tenant').implement({
  description: 'One customer of this BillingWatch, with its Stripe accounts.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `ten_`.' }),
    name: t.exposeString('name', { description: 'For people.' }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      description: "Its id in the operator's own systems.",
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    suspended: t.boolean({
      description: 'Whether it is suspended: no deliveries, no keys.',
      resolve: ({ suspendedAt }) => suspendedAt !== null,
    }),
    timezone: t.exposeString('timezone', { description: 'IANA time zone of its days and weeks.' }),
    country: t.string({
      nullable: true,
      description:
        'ISO 3166-1 alpha-2, for its public holidays; guessed from the zone until it is set, null where that says nothing.',
      resolve: (tenant) => placeOf(tenant).country ?? null,
    }),
    webhookEndpoints: t.field({
      type: [WebhookEndpoint],
      description: 'One for each of its Stripe accounts, oldest first.',
      resolve: ({ id }, _args, context) =>
        // Whoever brings thousands of tenants asks each for its URL, and Prisma's client is the dearest part of that.
        readRows(context.scopeOfTenant(id), ENDPOINTS, {
          columns: columnsOf(ENDPOINTS),
          orderBy: ['createdAt', 'id'],
        }),
    }),
    rateLimit: t.field({
      type: RateLimit,
      description: "The limit of its webhook deliveries: its own, else the server's.",
      resolve: ({ rateRequests, rateSeconds }, _args, { services: { config } }) =>
        rateRequests === null || rateSeconds === null
          ? config.webhookRateLimit
          : { requests: rateRequests, seconds: rateSeconds },
    }),
    apiKeys: t.field({
      type: ApiKeyConnection,
      nullable: true,
      authScopes: { $any: { admin: true, operator: true } },
      description: 'Its keys, revoked and expired ones too, oldest first. ADMIN.',
      args: pageArgs(t),
      complexity: pageCost,
      resolve: ({ id }, page, context) => readPage(page, keySource(context.scopeOfTenant(id))),
    }),
    onboarding: t.field({
      type: [OnboardingStep],
      description: 'The steps to its first live event, in order.',
      complexity: { field: 3 * STATEMENT, multiplier: 3 },
      resolve: ({ id }, _args, context) => readOnboarding(context.scopeOfTenant(id)),
    }),
  }),
})

interface Age {
  createdAt: Date
  id: string
}

function keySource({ db, tenantId }: Scope): Source<ApiKeyRow, Age> {
  const side = ({ createdAt, id }: Age, later: boolean) =>
    later
      ? { OR: [{ createdAt: { gt: createdAt } }, { createdAt, id: { gt: id } }] }
      : { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] }
  return {
    read: ({ after, before, backward, take }) =>
      db.apiKey.findMany({
        where: { tenantId, AND: [after ? side(after, true) : {}, before ? side(before, false) : {}] },
        orderBy: [{ createdAt: backward ? 'desc' : 'asc' }, { id: backward ? 'desc' : 'asc' }],
        take,
      }),
    count: () => db.apiKey.count({ where: { tenantId } }),
    keyOf: ({ createdAt, id }) => ({ createdAt, id }),
    encode: ({ createdAt, id }) => encodeCursor(tenantId, 'keys', [createdAt.getTime(), id]),
    decode: (cursor) => {
      const [at, id] = decodeCursor(tenantId, 'keys', cursor)
      if (id === undefined) throw unknownCursor()
      return { createdAt: momentPart(at), id }
    },
  }
}

builder.queryField('tenant', (t) =>
  t.field({
    type: Tenant,
    nullable: true,
    authScopes: { anyone: true },
    description: 'The tenant of these credentials; null for an operator who named none.',
    resolve: (_root, _args, { scope }) =>
      scope ? scope.db.tenant.findFirst({ where: { id: scope.tenantId } }) : null,
  }),
)

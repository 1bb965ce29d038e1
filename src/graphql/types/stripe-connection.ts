import { listConnections } from '../../connect/manage.ts'
import { type Granted, readGranted } from '../../connect/permissions.ts'
import { CONNECTION_STATES } from '../../connect/standing.ts'
import type { StripeConnection as ConnectionRow } from '../../generated/sqlite/client.ts'
import { builder } from '../builder.ts'
import { latestImports } from '../read/import-jobs.ts'
import { STATEMENT } from './connection.ts'
import { ImportJob } from './import-job.ts'
import { Node } from './node.ts'
import { Tenant } from './tenant.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'

const StripeConnectionState = builder.enumType('StripeConnectionState', {
  description: "How a connection to Stripe's API stands.",
  values: {
    CONNECTED: { description: 'The key may do all that is wanted.' },
    LIMITED: { description: 'A wanted permission lacks; `permissions` says which.' },
    REVOKED: { description: 'Stripe refuses the key: give another one. Webhooks go on.' },
  } satisfies Record<(typeof CONNECTION_STATES)[number], { description: string }>,
})

const StripePermission = builder.objectRef<Granted[number]>('StripePermission').implement({
  description: 'What a restricted key may be allowed at Stripe.',
  fields: (t) => ({
    name: t.exposeString('name', { description: "Stripe's name of it, `rak_…`." }),
    granted: t.exposeBoolean('granted', { description: 'Whether the key has it.' }),
  }),
})

type Counts = Pick<ConnectionRow, 'through' | 'atStripe' | 'stored' | 'filled' | 'missing'>

const Completeness = builder.objectRef<Counts>('Completeness').implement({
  description: "Whether every event is stored, by Stripe's own lists.",
  fields: (t) => ({
    through: t.expose('through', {
      type: 'DateTime',
      nullable: true,
      description: 'Up to then nothing is missing; null while nothing is proven yet.',
    }),
    atStripe: t.exposeInt('atStripe', { description: 'Events that Stripe lists in the proven time.' }),
    stored: t.exposeInt('stored', { description: 'Of these those that are stored here.' }),
    filled: t.exposeInt('filled', {
      description: 'Those that no webhook had brought and that were filled in, ever since connecting.',
    }),
    missing: t.exposeInt('missing', { description: 'Found missing and not stored yet.' }),
  }),
})

export const StripeConnection = builder.objectRef<ConnectionRow>('StripeConnection').implement({
  description: 'A key to the API of one Stripe account, and what comes of it. The key itself is never shown.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `scn_`.' }),
    endpoint: t.field({
      type: WebhookEndpoint,
      description: 'The endpoint that this account delivers to.',
      complexity: STATEMENT,
      resolve: ({ tenantId, endpointId }, _args, context) =>
        context
          .scopeOfTenant(tenantId)
          .db.webhookEndpoint.findFirstOrThrow({ where: { tenantId, id: endpointId } }),
    }),
    account: t.exposeString('account', {
      nullable: true,
      description: 'The account, `acct_…`; null where the key may not read it.',
    }),
    livemode: t.exposeBoolean('livemode', { description: "Stripe's live mode, as against test mode." }),
    keyHint: t.exposeString('keyHint', { description: 'Enough to distinguish the key from others.' }),
    state: t.field({
      type: StripeConnectionState,
      description: 'How it stands.',
      resolve: ({ state }) => CONNECTION_STATES.find((known) => known === state) ?? 'LIMITED',
    }),
    trouble: t.exposeString('trouble', {
      nullable: true,
      description: 'What is wrong with it, and what to do; null when all is well.',
    }),
    permissions: t.field({
      type: [StripePermission],
      description: 'What the key may do, of what is of use here.',
      resolve: ({ permissions }) => readGranted(permissions),
    }),
    stripeEndpointStatus: t.exposeString('stripeEndpointStatus', {
      nullable: true,
      description:
        'How the endpoint stands at Stripe: `enabled`, `disabled`, or `deleted`; null where none is known there.',
    }),
    completeness: t.field({
      type: Completeness,
      description: "Whether every event is stored, by Stripe's own lists.",
      resolve: (connection) => connection,
    }),
    imports: t.field({
      type: [ImportJob],
      description: 'The latest 20 imports, and rebuilds of the tenant, newest first.',
      complexity: { field: 2 * STATEMENT, multiplier: 20 },
      resolve: ({ tenantId, id }, _args, context) => latestImports(context.scopeOfTenant(tenantId), id),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was connected first.' }),
  }),
})

builder.objectField(Tenant, 'stripeConnections', (t) =>
  t.field({
    type: [StripeConnection],
    nullable: true,
    authScopes: { $any: { viewer: true, operator: true } },
    description: "Its connections to Stripe's API, oldest first: one for each endpoint that has one.",
    complexity: { field: STATEMENT, multiplier: 3 },
    resolve: ({ id }, _args, context) => listConnections(context.scopeOfTenant(id)),
  }),
)

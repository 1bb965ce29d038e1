import type { WebhookEndpoint as EndpointRow } from '../../generated/sqlite/client.ts'
import { addEndpoint, endpointId, openToken, rotateToken, webhookUrl } from '../../tenancy/endpoints.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import { countDeliveries, quantile, recentLags } from '../read/deliveries.ts'
import { STATEMENT } from './connection.ts'
import { DeliveryCounts } from './delivery-counts.ts'
import { backBy } from './last-seconds.ts'
import { Node } from './node.ts'
import { WebhookSecret } from './webhook-secret.ts'

const managers = { $any: { admin: true, operator: true } } as const

export const WebhookEndpoint = builder.objectRef<EndpointRow>('WebhookEndpoint').implement({
  description: 'The endpoint that one Stripe account of the tenant delivers to.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `whe_`.' }),
    name: t.exposeString('name', { description: 'A display name; unique in the tenant.' }),
    url: t.string({
      nullable: true,
      authScopes: managers,
      description: 'The URL to give to Stripe. ADMIN.',
      resolve: (endpoint, _args, { services: { config, vault } }) =>
        webhookUrl(config, openToken(vault, endpoint)),
    }),
    previousTokenExpiresAt: t.expose('previousTokenExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the URL before the last rotation still works.',
    }),
    secrets: t.field({
      type: [WebhookSecret],
      nullable: true,
      authScopes: managers,
      description: 'Its signing secrets, retired ones too, oldest first. ADMIN.',
      resolve: ({ tenantId, id }, _args, context) =>
        context.scopeOfTenant(tenantId).db.webhookSecret.findMany({
          where: { tenantId, endpointId: id },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        }),
    }),
    lastDeliveryAt: t.expose('lastDeliveryAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a signed delivery last arrived, to about a minute.',
    }),
    deliveries: t.field({
      type: DeliveryCounts,
      description: 'Its deliveries by outcome.',
      complexity: STATEMENT,
      args: {
        lastSeconds: t.arg.int({
          required: true,
          defaultValue: 86_400,
          description:
            'How many seconds up to now, in steps of five minutes, of which the first counts whole.',
        }),
      },
      resolve: ({ tenantId, id }, { lastSeconds }, context) =>
        countDeliveries(
          context.scopeOfTenant(tenantId),
          id,
          context.services.clock.now(),
          backBy(lastSeconds),
        ),
    }),
    lagSecondsP50: t.float({
      nullable: true,
      description: "Median of the newest events' seconds from Stripe to here; null without events in a day.",
      complexity: 2 * STATEMENT,
      resolve: async ({ tenantId, id }, _args, context) =>
        quantile(await recentLags(context.scopeOfTenant(tenantId), id, context.services.clock.now()), 0.5),
    }),
    lagSecondsP95: t.float({
      nullable: true,
      description: 'The same, 95th percentile.',
      complexity: 2 * STATEMENT,
      resolve: async ({ tenantId, id }, _args, context) =>
        quantile(await recentLags(context.scopeOfTenant(tenantId), id, context.services.clock.now()), 0.95),
    }),
  }),
})

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<{ webhookEndpoint: EndpointRow }>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      webhookEndpoint: t.expose('webhookEndpoint', {
        type: WebhookEndpoint,
        description: 'The endpoint after the mutation, with its URL.',
      }),
    }),
  })

const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'Input of createWebhookEndpoint.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique in the tenant, at most 200 characters.' }),
  }),
})

const RotateWebhookTokenInput = builder.inputType('RotateWebhookTokenInput', {
  description: 'Input of rotateWebhookToken.',
  fields: (t) => ({
    endpointId: t.id({ required: true, description: 'The endpoint, `whe_…`.' }),
    graceSeconds: t.int({
      required: true,
      defaultValue: 86_400,
      description: 'Seconds for which the old URL still works, at most 30 days; 0 ends it at once.',
    }),
  }),
})

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    type: payloadOf('CreateWebhookEndpointPayload', 'createWebhookEndpoint'),
    nullable: true,
    authScopes: { admin: true },
    description:
      'An endpoint for one more Stripe account; a name that is there gives the one that has it. ADMIN.',
    args: { input: t.arg({ type: CreateWebhookEndpointInput, required: true, description: 'Its name.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const { endpoint } = await addEndpoint(scope, actingOf(context), input)
      publishAct(context, scope.tenantId)
      return { webhookEndpoint: endpoint }
    },
  }),
  rotateWebhookToken: t.field({
    type: payloadOf('RotateWebhookTokenPayload', 'rotateWebhookToken'),
    nullable: true,
    authScopes: { admin: true },
    description: 'A new URL; the old one works for the grace, and any before it for its own. ADMIN.',
    args: { input: t.arg({ type: RotateWebhookTokenInput, required: true, description: 'Which endpoint.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const { endpoint } = await rotateToken(scope, actingOf(context), {
        endpoint: endpointId(input.endpointId),
        graceSeconds: input.graceSeconds,
      })
      publishAct(context, scope.tenantId)
      return { webhookEndpoint: endpoint }
    },
  }),
}))

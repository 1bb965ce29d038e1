import type { WebhookSecret as SecretRow } from '../../generated/sqlite/client.ts'
import { endpointId } from '../../tenancy/endpoints.ts'
import { addSecret, retireSecret } from '../../tenancy/secrets.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import { Node } from './node.ts'

export const WebhookSecret = builder.objectRef<SecretRow>('WebhookSecret').implement({
  description: 'A signing secret of Stripe. Several may be live while one is rolled; none is ever shown.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `whs_`.' }),
    hint: t.exposeString('hint', { description: 'Enough to distinguish it from others.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    retiredAt: t.expose('retiredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when deliveries signed with it are refused.',
    }),
  }),
})

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<{ webhookSecret: SecretRow }>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      webhookSecret: t.expose('webhookSecret', {
        type: WebhookSecret,
        description: 'The secret after the mutation.',
      }),
    }),
  })

const AddWebhookSecretInput = builder.inputType('AddWebhookSecretInput', {
  description: 'Input of addWebhookSecret.',
  fields: (t) => ({
    endpointId: t.id({ required: true, description: 'The endpoint, `whe_…`.' }),
    secret: t.string({ required: true, description: "Stripe's signing secret, `whsec_…`." }),
  }),
})

const RetireWebhookSecretInput = builder.inputType('RetireWebhookSecretInput', {
  description: 'Input of retireWebhookSecret.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The secret, `whs_…`.' }) }),
})

builder.mutationFields((t) => ({
  addWebhookSecret: t.field({
    type: payloadOf('AddWebhookSecretPayload', 'addWebhookSecret'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Adds a signing secret; the others stay valid. ADMIN.',
    args: {
      input: t.arg({
        type: AddWebhookSecretInput,
        required: true,
        description: 'The secret and its endpoint.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const webhookSecret = await addSecret(scope, actingOf(context), {
        endpoint: endpointId(input.endpointId),
        secret: input.secret,
      })
      publishAct(context, scope.tenantId)
      return { webhookSecret }
    },
  }),
  retireWebhookSecret: t.field({
    type: payloadOf('RetireWebhookSecretPayload', 'retireWebhookSecret'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Deliveries signed with it are refused from now on. ADMIN.',
    args: { input: t.arg({ type: RetireWebhookSecretInput, required: true, description: 'Which secret.' }) },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const webhookSecret = await retireSecret(scope, actingOf(context), input.id)
      publishAct(context, scope.tenantId)
      return { webhookSecret }
    },
  }),
}))

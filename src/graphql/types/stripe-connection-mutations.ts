import { connect, prepare } from '../../connect/connect.ts'
import { disconnect } from '../../connect/manage.ts'
import { SOMEBODY_WAITS } from '../../connect/means.ts'
import { publicOf } from '../../connect/refusal.ts'
import { replaceKey } from '../../connect/replace-key.ts'
import type { StripeConnection as ConnectionRow } from '../../generated/sqlite/client.ts'
import { endpointId } from '../../tenancy/endpoints.ts'
import { builder } from '../builder.ts'
import { actingOf, type Context, publishAct, scopeOf } from '../context.ts'
import { StripeConnection } from './stripe-connection.ts'

const ConnectStripeInput = builder.inputType('ConnectStripeInput', {
  description: 'Input of connectStripe.',
  fields: (t) => ({
    endpointId: t.id({
      description:
        'Where the account delivers to, `whe_…`; may be left out where the tenant has one endpoint.',
    }),
    key: t.string({
      required: true,
      description: 'A restricted key, `rk_live_…` or `rk_test_…`; it is kept encrypted and never shown.',
    }),
    days: t.int({ description: 'How many days of events are fetched, at most 30; 30 when left out.' }),
    historyDays: t.int({
      description:
        'How many days of charges, refunds, disputes, invoices and subscriptions before those events teach what is usual, at most 365; 56 when left out, 0 for none.',
    }),
    makeEndpoint: t.boolean({
      description:
        'Whether the webhook endpoint is made at Stripe, or taken where it is there; true when left out.',
    }),
  }),
})

const ReplaceStripeKeyInput = builder.inputType('ReplaceStripeKeyInput', {
  description: 'Input of replaceStripeKey.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The connection, `scn_…`.' }),
    key: t.string({ required: true, description: 'A restricted key of the same account and mode.' }),
  }),
})

const DisconnectStripeInput = builder.inputType('DisconnectStripeInput', {
  description: 'Input of disconnectStripe.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The connection, `scn_…`.' }),
    deleteEndpoint: t.boolean({
      description: 'Whether its endpoint at Stripe is deleted, too: then nothing is delivered any more.',
    }),
  }),
})

interface Payload {
  stripeConnection: ConnectionRow
}

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<Payload>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      stripeConnection: t.expose('stripeConnection', {
        type: StripeConnection,
        description: 'The connection after the mutation.',
      }),
    }),
  })

interface Disconnected {
  id: string
  stripeConnection: ConnectionRow | undefined
}

const DisconnectStripePayload = builder.objectRef<Disconnected>('DisconnectStripePayload').implement({
  description: 'Payload of disconnectStripe.',
  fields: (t) => ({
    disconnectedStripeConnectionId: t.exposeID('id', {
      description: 'The connection, which is forgotten with its key and its imports.',
    }),
    stripeConnection: t.expose('stripeConnection', {
      type: StripeConnection,
      nullable: true,
      description: 'As it was; null where it was disconnected before.',
    }),
  }),
})

/** Acts in the caller's tenant, and notifies every process; trouble at Stripe reaches the caller. */
async function acted<T>(
  context: Context,
  work: (scope: ReturnType<typeof scopeOf>, acting: ReturnType<typeof actingOf>) => Promise<T>,
): Promise<T> {
  const scope = scopeOf(context)
  const result = await work(scope, actingOf(context)).catch((error: unknown) => {
    throw publicOf(error)
  })
  publishAct(context, scope.tenantId)
  return result
}

builder.mutationFields((t) => ({
  connectStripe: t.field({
    type: payloadOf('ConnectStripePayload', 'connectStripe'),
    nullable: true,
    authScopes: { admin: true },
    description:
      'Connects a Stripe account by a restricted key: looks at what the key may do, makes the webhook endpoint there, and begins to fetch the past, which goes on in the background (importProgress). What lacks is said, and nothing is made. Repeated it changes nothing, but goes on with what was broken off. ADMIN.',
    args: {
      input: t.arg({ type: ConnectStripeInput, required: true, description: 'The key, and what for.' }),
    },
    resolve: async (_root, { input }, context): Promise<Payload> => {
      const { stripe } = context.services
      const stripeConnection = await acted(context, async (scope, acting) => {
        const wanted = {
          key: input.key,
          endpoint: input.endpointId ? endpointId(input.endpointId) : undefined,
          days: input.days ?? undefined,
          historyDays: input.historyDays ?? undefined,
          makeEndpoint: input.makeEndpoint ?? true,
        }
        return connect(scope, stripe, acting, await prepare(scope, stripe, acting, wanted, SOMEBODY_WAITS))
      })
      return { stripeConnection }
    },
  }),
  replaceStripeKey: t.field({
    type: payloadOf('ReplaceStripeKeyPayload', 'replaceStripeKey'),
    nullable: true,
    authScopes: { admin: true },
    description:
      'Puts another key of the same account in the place of one that was rolled or revoked; what it could not finish goes on. ADMIN.',
    args: { input: t.arg({ type: ReplaceStripeKeyInput, required: true, description: 'The new key.' }) },
    resolve: async (_root, { input }, context): Promise<Payload> => ({
      stripeConnection: await acted(context, (scope, acting) =>
        replaceKey(scope, context.services.stripe, acting, { id: String(input.id), key: input.key }),
      ),
    }),
  }),
  disconnectStripe: t.field({
    type: DisconnectStripePayload,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Forgets a key with its imports. Events stay, and webhooks go on unless the endpoint at Stripe is deleted, too. ADMIN.',
    args: { input: t.arg({ type: DisconnectStripeInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, { input }, context): Promise<Disconnected> => {
      const wanted = { id: String(input.id), deleteEndpoint: input.deleteEndpoint ?? false }
      const stripeConnection = await acted(context, (scope, acting) =>
        disconnect(scope, acting, context.services.stripe, wanted, SOMEBODY_WAITS),
      )
      return { id: wanted.id, stripeConnection }
    },
  }),
}))

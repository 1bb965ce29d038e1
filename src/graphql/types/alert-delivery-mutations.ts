import { recoverChannel, retryDelivery, testChannel } from '../../alerts/redeliver.ts'
import type {
  AlertChannel as ChannelRow,
  AlertDelivery as DeliveryRow,
} from '../../generated/sqlite/client.ts'
import { resolveMoment } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import { AlertChannel } from './alert-channel.ts'
import { AlertDelivery } from './alert-delivery.ts'

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<{ alertDelivery: DeliveryRow }>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      alertDelivery: t.expose('alertDelivery', {
        type: AlertDelivery,
        description: 'The delivery after the mutation.',
      }),
    }),
  })

const TestAlertChannelInput = builder.inputType('TestAlertChannelInput', {
  description: 'Input of testAlertChannel.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The channel, `chn_…`.' }) }),
})

const RetryAlertDeliveryInput = builder.inputType('RetryAlertDeliveryInput', {
  description: 'Input of retryAlertDelivery.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The delivery, `dlv_…`.' }) }),
})

const RecoverAlertChannelInput = builder.inputType('RecoverAlertChannelInput', {
  description: 'Input of recoverAlertChannel.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The channel, `chn_…`.' }),
    since: t.field({
      type: 'DateTime',
      description: 'Nothing that was planned before; all that is kept when left out.',
    }),
  }),
})

const RecoverAlertChannelPayload = builder
  .objectRef<{ alertChannel: ChannelRow; deliveries: number }>('RecoverAlertChannelPayload')
  .implement({
    description: 'Payload of recoverAlertChannel.',
    fields: (t) => ({
      alertChannel: t.expose('alertChannel', {
        type: AlertChannel,
        description: 'The channel after the mutation.',
      }),
      deliveries: t.exposeInt('deliveries', { description: 'How many deliveries are sent again.' }),
    }),
  })

builder.mutationFields((t) => ({
  testAlertChannel: t.field({
    type: payloadOf('TestAlertChannelPayload', 'testAlertChannel'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Really sends a test and waits for the answer, which is in the payload. ADMIN.',
    args: { input: t.arg({ type: TestAlertChannelInput, required: true, description: 'Which channel.' }) },
    resolve: async (_root, { input }, context) => ({
      alertDelivery: await testChannel(context.services.alerts, scopeOf(context), input.id),
    }),
  }),
  retryAlertDelivery: t.field({
    type: payloadOf('RetryAlertDeliveryPayload', 'retryAlertDelivery'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Has a delivery that waits or failed tried at once. ADMIN.',
    args: {
      input: t.arg({ type: RetryAlertDeliveryInput, required: true, description: 'Which delivery.' }),
    },
    resolve: async (_root, { input }, context) => ({
      alertDelivery: await retryDelivery(scopeOf(context), actingOf(context), input.id),
    }),
  }),
  recoverAlertChannel: t.field({
    type: RecoverAlertChannelPayload,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Switches a channel on and sends what failed and what was held while it was DISABLED. ADMIN.',
    args: {
      input: t.arg({
        type: RecoverAlertChannelInput,
        required: true,
        description: 'Which channel, and since when.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const since = input.since && (await resolveMoment(scope, input.since))
      const { channel, deliveries } = await recoverChannel(
        scope,
        actingOf(context),
        input.id,
        since ?? undefined,
      )
      publishAct(context, scope.tenantId)
      return { alertChannel: channel, deliveries }
    },
  }),
}))

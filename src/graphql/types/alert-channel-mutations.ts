import { askAddresses } from '../../alerts/addresses.ts'
import {
  createChannel,
  deleteChannel,
  enableChannel,
  rollSecret,
  updateChannel,
} from '../../alerts/manage.ts'
import type { AlertChannel as ChannelRow } from '../../generated/sqlite/client.ts'
import { builder } from '../builder.ts'
import { actingOf, type Context, publishAct, scopeOf } from '../context.ts'
import { AlertChannel } from './alert-channel.ts'
import { AlertRoutingInput } from './alert-routing.ts'
import { AlertScheduleInput } from './alert-schedule.ts'
import { AlertTargetInput } from './alert-target.ts'

interface Payload {
  alertChannel: ChannelRow
}

/** Acts in the caller's tenant, and notifies every process. */
async function acted<T>(
  context: Context,
  work: (scope: ReturnType<typeof scopeOf>, acting: ReturnType<typeof actingOf>) => Promise<T>,
): Promise<T> {
  const scope = scopeOf(context)
  const result = await work(scope, actingOf(context))
  publishAct(context, scope.tenantId)
  return result
}

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<Payload>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      alertChannel: t.expose('alertChannel', {
        type: AlertChannel,
        description: 'The channel after the mutation.',
      }),
    }),
  })

const inputOf = (name: string, mutation: string) =>
  builder.inputType(name, {
    description: `Input of ${mutation}.`,
    fields: (t) => ({ id: t.id({ required: true, description: 'The channel, `chn_…`.' }) }),
  })

const CreateAlertChannelInput = builder.inputType('CreateAlertChannelInput', {
  description: 'Input of createAlertChannel.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique in the tenant, at most 200 characters.' }),
    target: t.field({ type: AlertTargetInput, required: true, description: 'Where alerts go.' }),
    routing: t.field({ type: AlertRoutingInput, description: 'Which anomalies go there.' }),
    schedule: t.field({ type: AlertScheduleInput, description: 'When they go there.' }),
  }),
})

const CreateAlertChannelPayload = builder
  .objectRef<Payload & { secret: string | undefined }>('CreateAlertChannelPayload')
  .implement({
    description: 'Payload of createAlertChannel.',
    fields: (t) => ({
      alertChannel: t.expose('alertChannel', { type: AlertChannel, description: 'The new channel.' }),
      secret: t.exposeString('secret', {
        nullable: true,
        description: 'The signing secret of a WEBHOOK, `whsec_…`: this is the only time it can be seen.',
      }),
    }),
  })

const UpdateAlertChannelInput = builder.inputType('UpdateAlertChannelInput', {
  description: 'Input of updateAlertChannel. What is left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The channel, `chn_…`.' }),
    name: t.string({ description: 'Unique in the tenant, at most 200 characters.' }),
    routing: t.field({ type: AlertRoutingInput, description: 'Which anomalies go there from now on.' }),
    schedule: t.field({ type: AlertScheduleInput, description: 'When they go there from now on.' }),
    paused: t.boolean({ description: 'Whether nothing is sent for the time being.' }),
  }),
})

const RollAlertSecretPayload = builder
  .objectRef<Payload & { secret: string }>('RollAlertSecretPayload')
  .implement({
    description: 'Payload of rollAlertSecret.',
    fields: (t) => ({
      alertChannel: t.expose('alertChannel', { type: AlertChannel, description: 'The channel.' }),
      secret: t.exposeString('secret', {
        description: 'The new signing secret: this is the only time it can be seen.',
      }),
    }),
  })

const DeleteAlertChannelPayload = builder
  .objectRef<{ deletedAlertChannelId: string }>('DeleteAlertChannelPayload')
  .implement({
    description: 'Payload of deleteAlertChannel.',
    fields: (t) => ({
      deletedAlertChannelId: t.exposeID('deletedAlertChannelId', { description: 'The id it had.' }),
    }),
  })

const which = 'Which channel.'

builder.mutationFields((t) => ({
  createAlertChannel: t.field({
    type: CreateAlertChannelPayload,
    nullable: true,
    authScopes: { admin: true },
    description: 'A new channel, which hears of what happens from now on; at most 20 a tenant. ADMIN.',
    args: {
      input: t.arg({ type: CreateAlertChannelInput, required: true, description: 'The new channel.' }),
    },
    resolve: (_root, { input }, context) =>
      acted(context, async (scope, acting) => {
        const { channel, secret } = await createChannel(scope, acting, context.services.alerts, input)
        await askAddresses(context.services.alerts, scope, channel)
        return { alertChannel: channel, secret }
      }),
  }),
  updateAlertChannel: t.field({
    type: payloadOf('UpdateAlertChannelPayload', 'updateAlertChannel'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Changes what goes to a channel and when, or pauses it. ADMIN.',
    args: {
      input: t.arg({ type: UpdateAlertChannelInput, required: true, description: 'What changes.' }),
    },
    resolve: (_root, { input }, context) =>
      acted(context, async (scope, acting) => ({ alertChannel: await updateChannel(scope, acting, input) })),
  }),
  enableAlertChannel: t.field({
    type: payloadOf('EnableAlertChannelPayload', 'enableAlertChannel'),
    nullable: true,
    authScopes: { admin: true },
    description:
      'Switches a DISABLED channel on again, without what it missed: recoverAlertChannel sends that. ADMIN.',
    args: {
      input: t.arg({
        type: inputOf('EnableAlertChannelInput', 'enableAlertChannel'),
        required: true,
        description: which,
      }),
    },
    resolve: (_root, { input }, context) =>
      acted(context, async (scope, acting) => ({
        alertChannel: await enableChannel(scope, acting, input.id),
      })),
  }),
  rollAlertSecret: t.field({
    type: RollAlertSecretPayload,
    nullable: true,
    authScopes: { admin: true },
    description: 'A new signing secret of a WEBHOOK; the one before signs as well for 24 hours. ADMIN.',
    args: {
      input: t.arg({
        type: inputOf('RollAlertSecretInput', 'rollAlertSecret'),
        required: true,
        description: which,
      }),
    },
    resolve: (_root, { input }, context) =>
      acted(context, async (scope, acting) => {
        const { channel, secret } = await rollSecret(scope, acting, input.id)
        return { alertChannel: channel, secret }
      }),
  }),
  deleteAlertChannel: t.field({
    type: DeleteAlertChannelPayload,
    nullable: true,
    authScopes: { admin: true },
    description: 'Deletes a channel with its deliveries. ADMIN.',
    args: {
      input: t.arg({
        type: inputOf('DeleteAlertChannelInput', 'deleteAlertChannel'),
        required: true,
        description: which,
      }),
    },
    resolve: (_root, { input }, context) =>
      acted(context, async (scope, acting) => {
        await deleteChannel(scope, acting, input.id)
        return { deletedAlertChannelId: input.id }
      }),
  }),
}))

import { sendVerification, verifyAddress } from '../../alerts/addresses.ts'
import { findChannel } from '../../alerts/manage.ts'
import type { AlertChannel as ChannelRow } from '../../generated/sqlite/client.ts'
import { builder } from '../builder.ts'
import { scopeOf } from '../context.ts'
import { AlertChannel } from './alert-channel.ts'

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<{ alertChannel: ChannelRow }>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      alertChannel: t.expose('alertChannel', {
        type: AlertChannel,
        description: 'The channel after the mutation.',
      }),
    }),
  })

const VerifyAlertAddressInput = builder.inputType('VerifyAlertAddressInput', {
  description: 'Input of verifyAlertAddress.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The channel, `chn_…`.' }),
    address: t.string({ required: true, description: 'One of its addresses.' }),
    code: t.string({ required: true, description: 'The six digits of the mail that asked.' }),
  }),
})

const ResendAlertVerificationInput = builder.inputType('ResendAlertVerificationInput', {
  description: 'Input of resendAlertVerification.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The channel, `chn_…`.' }),
    address: t.string({ required: true, description: 'One of its addresses.' }),
  }),
})

builder.mutationFields((t) => ({
  verifyAlertAddress: t.field({
    type: payloadOf('VerifyAlertAddressPayload', 'verifyAlertAddress'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Confirms an address with the code that was mailed to it: 24 hours and 5 tries. ADMIN.',
    args: {
      input: t.arg({ type: VerifyAlertAddressInput, required: true, description: 'Address and code.' }),
    },
    resolve: async (_root, { input: { id, address, code } }, context) => ({
      alertChannel: await verifyAddress(scopeOf(context), context.services, { channelId: id, address, code }),
    }),
  }),
  resendAlertVerification: t.field({
    type: payloadOf('ResendAlertVerificationPayload', 'resendAlertVerification'),
    nullable: true,
    authScopes: { admin: true },
    description: 'Mails an address a new code and link; at most three a day. ADMIN.',
    args: {
      input: t.arg({ type: ResendAlertVerificationInput, required: true, description: 'Which address.' }),
    },
    resolve: async (_root, { input: { id, address } }, context) => {
      const scope = scopeOf(context)
      await sendVerification(context.services.alerts, scope, id, address)
      return { alertChannel: await findChannel(scope, id) }
    },
  }),
}))

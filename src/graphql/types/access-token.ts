import type { AccessToken } from '../../tenancy/access-tokens.ts'
import { builder } from '../builder.ts'
import { RoleEnum } from './role.ts'

const CreateAccessTokenInput = builder.inputType('CreateAccessTokenInput', {
  description: 'Input of createAccessToken.',
  fields: (t) => ({
    role: t.field({
      type: RoleEnum,
      required: true,
      defaultValue: 'VIEWER',
      description: "What the token may do, at most the caller's own role.",
    }),
    ttlSeconds: t.int({
      required: true,
      defaultValue: 900,
      description: 'Seconds until it expires, at most a day.',
    }),
    subject: t.string({
      description: 'The person it is for: the name that activity shows for what is done with it.',
    }),
  }),
})

const CreateAccessTokenPayload = builder.objectRef<AccessToken>('CreateAccessTokenPayload').implement({
  description: 'Payload of createAccessToken.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'Use it like a key; it is shown once.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it expires, which closes open sockets too.',
    }),
  }),
})

builder.mutationField('createAccessToken', (t) =>
  t.field({
    type: CreateAccessTokenPayload,
    nullable: true,
    authScopes: { viewer: true },
    description: 'A short-lived token for a browser, so that no key needs to go there. Any role.',
    args: { input: t.arg({ type: CreateAccessTokenInput, required: true, description: 'The new token.' }) },
    resolve: (_root, { input }, { caller, services }) =>
      services.authenticator.createAccessToken(caller, input),
  }),
)

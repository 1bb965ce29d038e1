import { badInput, PublicError } from '../../errors.ts'
import type { ApiKey as ApiKeyRow, Tenant as TenantRow } from '../../generated/sqlite/client.ts'
import { resumeTenant, showTenant, suspendTenant, updateTenant } from '../../tenancy/tenant.ts'
import { createTenant, markDeleted } from '../../tenancy/tenants.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct } from '../context.ts'
import { ApiKey } from './api-key.ts'
import { RateLimitInput } from './rate-limit.ts'
import { Tenant } from './tenant.ts'

const CreateTenantInput = builder.inputType('CreateTenantInput', {
  description: 'Input of createTenant.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'A display name, at most 200 characters.' }),
    externalId: t.string({
      description:
        'What your own systems call it. The same again creates nothing and gives the tenant that has it.',
    }),
    webhookSecret: t.string({ description: "Stripe's signing secret (`whsec_…`) for its first endpoint." }),
    timezone: t.string({ description: 'IANA time zone, e.g. `Europe/Berlin`; UTC when left out.' }),
    country: t.string({
      description:
        'ISO 3166-1 alpha-2, e.g. `DE`, for its public holidays; guessed from the zone when left out.',
    }),
  }),
})

interface Created {
  tenant: TenantRow
  apiKey: ApiKeyRow | null
  secret: string | null
}

const CreateTenantPayload = builder.objectRef<Created>('CreateTenantPayload').implement({
  description: 'Payload of createTenant.',
  fields: (t) => ({
    tenant: t.expose('tenant', { type: Tenant, description: 'The tenant.' }),
    apiKey: t.expose('apiKey', {
      type: ApiKey,
      nullable: true,
      description: 'Its first ADMIN key as lists show it; null when the tenant was there already.',
    }),
    secret: t.exposeString('secret', {
      nullable: true,
      description:
        'The key itself: this is the only time it can be seen. Null when the tenant was there already.',
    }),
  }),
})

const UpdateTenantInput = builder.inputType('UpdateTenantInput', {
  description: 'Input of updateTenant; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The tenant, `ten_…`.' }),
    name: t.string({ description: 'A display name, at most 200 characters.' }),
    timezone: t.string({ description: 'IANA time zone, e.g. `Europe/Berlin`.' }),
    country: t.string({
      description: 'ISO 3166-1 alpha-2, e.g. `DE`; null goes back to what the zone suggests.',
    }),
    rateLimit: t.field({
      type: RateLimitInput,
      description: "Webhook deliveries; null goes back to the server's own limit. Operator only.",
    }),
  }),
})

const inputOf = (name: string, mutation: string) =>
  builder.inputType(name, {
    description: `Input of ${mutation}.`,
    fields: (t) => ({ id: t.id({ required: true, description: 'The tenant, `ten_…`.' }) }),
  })

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<{ tenant: TenantRow }>(name).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      tenant: t.expose('tenant', { type: Tenant, description: 'The tenant after the mutation.' }),
    }),
  })

const DeleteTenantInput = builder.inputType('DeleteTenantInput', {
  description: 'Input of deleteTenant.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The tenant, `ten_…`.' }),
    confirmName: t.string({
      required: true,
      description: "The tenant's exact name, so that nothing is deleted by mistake.",
    }),
  }),
})

const DeleteTenantPayload = builder.objectRef<{ deletedTenantId: string }>('DeleteTenantPayload').implement({
  description: 'Payload of deleteTenant.',
  fields: (t) => ({
    deletedTenantId: t.exposeID('deletedTenantId', {
      description: 'The tenant, which is suspended at once and erased in the background.',
    }),
  }),
})

builder.mutationFields((t) => ({
  createTenant: t.authField({
    type: CreateTenantPayload,
    nullable: true,
    authScopes: { operator: true },
    description: 'A tenant with one endpoint named `default` and its first ADMIN key. Operator.',
    args: { input: t.arg({ type: CreateTenantInput, required: true, description: 'The new tenant.' }) },
    resolve: async (_root, { input }, context): Promise<Created> => {
      const created = await createTenant(context.operator.database, actingOf(context), {
        name: input.name,
        externalId: input.externalId ?? undefined,
        webhookSecret: input.webhookSecret ?? undefined,
        timezone: input.timezone ?? undefined,
        country: input.country ?? undefined,
      })
      return created.existing
        ? { tenant: created.tenant, apiKey: null, secret: null }
        : { tenant: created.tenant, apiKey: created.apiKey, secret: created.key }
    },
  }),
  updateTenant: t.field({
    type: payloadOf('UpdateTenantPayload', 'updateTenant'),
    nullable: true,
    authScopes: { $any: { admin: true, operator: true } },
    description: 'Changes a tenant. Operator; an ADMIN may change the name, zone and country of its own.',
    args: { input: t.arg({ type: UpdateTenantInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, { input: { id, name, timezone, country, rateLimit } }, context) => {
      const scope = context.scopeOfTenant(id)
      if (rateLimit !== undefined && !context.caller.operator) {
        throw new PublicError('FORBIDDEN', 'Only the operator changes a rate limit.')
      }
      const tenant = await updateTenant(scope, actingOf(context), {
        name: name ?? undefined,
        timezone: timezone ?? undefined,
        country,
        rateLimit,
      })
      publishAct(context, id)
      return { tenant }
    },
  }),
  suspendTenant: t.field({
    type: payloadOf('SuspendTenantPayload', 'suspendTenant'),
    nullable: true,
    authScopes: { operator: true },
    description: 'Cuts a tenant off: deliveries, keys, sockets within a second. Its data stays. Operator.',
    args: {
      input: t.arg({
        type: inputOf('SuspendTenantInput', 'suspendTenant'),
        required: true,
        description: 'Which tenant.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const tenant = await suspendTenant(context.scopeOfTenant(input.id), actingOf(context))
      publishAct(context, input.id)
      return { tenant }
    },
  }),
  resumeTenant: t.field({
    type: payloadOf('ResumeTenantPayload', 'resumeTenant'),
    nullable: true,
    authScopes: { operator: true },
    description: 'Resumes a suspended tenant. Operator.',
    args: {
      input: t.arg({
        type: inputOf('ResumeTenantInput', 'resumeTenant'),
        required: true,
        description: 'Which tenant.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const tenant = await resumeTenant(context.scopeOfTenant(input.id), actingOf(context))
      publishAct(context, input.id)
      return { tenant }
    },
  }),
  deleteTenant: t.authField({
    type: DeleteTenantPayload,
    nullable: true,
    authScopes: { operator: true },
    description: 'Cuts a tenant off at once, then erases every row of it in the background. Operator.',
    args: {
      input: t.arg({ type: DeleteTenantInput, required: true, description: 'Which tenant, and its name.' }),
    },
    resolve: async (_root, { input: { id, confirmName } }, context) => {
      const { name } = await showTenant(context.scopeOfTenant(id))
      if (name !== confirmName)
        throw badInput(['confirmName'], 'confirmName is not the name of this tenant.', 'MISMATCH')
      await markDeleted(context.operator.database, context.services, id)
      publishAct(context, id)
      context.operator.eraseInBackground(id)
      return { deletedTenantId: id }
    },
  }),
}))

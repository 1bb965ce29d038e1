import { placeOf } from '../calendar/country.ts'
import type { Config } from '../config.ts'
import type { ApiKey, Tenant, WebhookEndpoint, WebhookSecret } from '../generated/sqlite/client.ts'
import { openToken, webhookUrl } from '../tenancy/endpoints.ts'
import type { Vault } from '../tenancy/vault.ts'

/** How `--json` shows things: GraphQL's fields under GraphQL's names, and no column that holds a hash or a sealed text. */
export const tenantView = (tenant: Tenant, { webhookRateLimit }: Pick<Config, 'webhookRateLimit'>) => ({
  id: tenant.id,
  name: tenant.name,
  externalId: tenant.externalId,
  createdAt: tenant.createdAt,
  suspended: tenant.suspendedAt !== null,
  timezone: tenant.timezone,
  country: placeOf(tenant).country ?? null,
  rateLimit:
    tenant.rateRequests === null || tenant.rateSeconds === null
      ? webhookRateLimit
      : { requests: tenant.rateRequests, seconds: tenant.rateSeconds },
})

/** The operator may see the URL: a user who can run this command can read the key file as well. */
export function endpointView(
  endpoint: WebhookEndpoint,
  { base, vault }: { base: Pick<Config, 'publicUrl' | 'port'>; vault: Vault },
) {
  const token = openToken(vault, endpoint)
  return {
    id: endpoint.id,
    name: endpoint.name,
    webhookUrl: webhookUrl(base, token),
    webhookToken: token,
    previousTokenExpiresAt: endpoint.previousTokenExpiresAt,
    lastDeliveryAt: endpoint.lastDeliveryAt,
  }
}

export const secretView = (secret: WebhookSecret) => ({
  id: secret.id,
  hint: secret.hint,
  endpointId: secret.endpointId,
  createdAt: secret.createdAt,
  retiredAt: secret.retiredAt,
})

export const keyView = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  role: key.role,
  prefix: key.prefix,
  createdAt: key.createdAt,
  lastUsedAt: key.lastUsedAt,
  expiresAt: key.expiresAt,
  revokedAt: key.revokedAt,
})

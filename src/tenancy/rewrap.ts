import type { Database } from '../storage/database.ts'
import { type Scope, scopeTo, type TenantClient } from '../storage/scope/scope.ts'
import { openToken } from './endpoints.ts'
import { openSecret } from './secrets.ts'
import type { Vault } from './vault.ts'

/**
 * Moves every stored secret and token to the present BILLINGWATCH_SECRET, a tenant at a time. Safe to run again.
 * @returns how many were moved
 * @throws VaultError when one was sealed under a secret that is neither the present nor the previous one
 */
export async function rewrapAll(database: Database, vault: Vault): Promise<number> {
  const tenants = await database.prisma.tenant.findMany({ where: { deletedAt: null }, select: { id: true } })
  let moved = 0
  for (const { id } of tenants) moved += await rewrapTenant(scopeTo(database, id), vault)
  return moved
}

function rewrapTenant({ tenantId, transaction }: Scope, vault: Vault): Promise<number> {
  return transaction(async (db) => {
    let moved = 0
    for (const secret of await db.webhookSecret.findMany({ where: { tenantId } })) {
      if (vault.isCurrent(secret.sealed)) continue
      const place = { tenantId, id: secret.id, purpose: 'webhook-secret' } as const
      const { count } = await db.webhookSecret.updateMany({
        where: { tenantId, id: secret.id, sealed: secret.sealed },
        data: { sealed: vault.seal(openSecret(vault, secret), place) },
      })
      moved += count
    }
    for (const endpoint of await db.webhookEndpoint.findMany({ where: { tenantId } })) {
      if (vault.isCurrent(endpoint.tokenSealed)) continue
      const place = { tenantId, id: endpoint.id, purpose: 'webhook-token' } as const
      // Not when it was rotated meanwhile: that one is sealed anew.
      const { count } = await db.webhookEndpoint.updateMany({
        where: { tenantId, id: endpoint.id, tokenSealed: endpoint.tokenSealed },
        data: { tokenSealed: vault.seal(openToken(vault, endpoint), place) },
      })
      moved += count
    }
    return moved + (await rewrapChannels(db, tenantId, vault)) + (await rewrapStripeKeys(db, tenantId, vault))
  })
}

async function rewrapChannels(db: TenantClient, tenantId: string, vault: Vault): Promise<number> {
  let moved = 0
  for (const channel of await db.alertChannel.findMany({ where: { tenantId } })) {
    for (const [column, purpose] of SEALED_OF_CHANNELS) {
      const sealed = channel[column]
      if (sealed === null || vault.isCurrent(sealed)) continue
      const place = { tenantId, id: channel.id, purpose }
      const { count } = await db.alertChannel.updateMany({
        where: { tenantId, id: channel.id, [column]: sealed },
        data: { [column]: vault.seal(vault.open(sealed, place), place) },
      })
      moved += count
    }
  }
  return moved
}

async function rewrapStripeKeys(db: TenantClient, tenantId: string, vault: Vault): Promise<number> {
  let moved = 0
  for (const { id, sealed } of await db.stripeConnection.findMany({ where: { tenantId } })) {
    if (vault.isCurrent(sealed)) continue
    const place = { tenantId, id, purpose: 'stripe-key' } as const
    const { count } = await db.stripeConnection.updateMany({
      where: { tenantId, id, sealed },
      data: { sealed: vault.seal(vault.open(sealed, place), place) },
    })
    moved += count
  }
  return moved
}

const SEALED_OF_CHANNELS = [
  ['sealed', 'alert-target'],
  ['secretSealed', 'alert-secret'],
  ['formerSecretSealed', 'former-alert-secret'],
] as const

import { newId, randomBase62, sha256 } from '../../../src/ids.ts'
import { migrate } from '../../../src/storage/migrate.ts'
import { openDatabase } from '../../../src/storage/open.ts'
import { createVault } from '../../../src/tenancy/vault.ts'
import type { BenchTenant } from '../ingest/workload.ts'

const CHUNK = 500

/** One of many tenants. */
export interface MadeTenant extends BenchTenant {
  tenantId: string
  endpointId: string
}

/** A migrated database with many tenants, written in bulk: made as an operator makes them, thousands take minutes. */
export async function manyTenants(
  databaseUrl: string,
  vaultSecret: string,
  count: number,
): Promise<MadeTenant[]> {
  await migrate({ databaseUrl })
  const database = await openDatabase({ databaseUrl })
  const vault = createVault(vaultSecret)
  const createdAt = new Date()
  const tenants: MadeTenant[] = []
  for (let from = 0; from < count; from += CHUNK) {
    const made = Array.from({ length: Math.min(CHUNK, count - from) }, () => ({
      tenantId: newId('ten'),
      endpointId: newId('whe'),
      secretId: newId('whs'),
      token: randomBase62(32),
      secret: `whsec_${randomBase62(32)}`,
    }))
    await database.prisma.tenant.createMany({
      data: made.map(({ tenantId: id }) => ({ id, name: id, createdAt })),
    })
    await database.prisma.claim.createMany({
      data: made.map(({ tenantId }) => ({ tenantId, servedAt: createdAt })),
    })
    await database.prisma.webhookEndpoint.createMany({
      data: made.map(({ tenantId, endpointId: id, token }) => ({
        tenantId,
        id,
        name: 'default',
        createdAt,
        tokenHash: sha256(token),
        tokenSealed: vault.seal(token, { tenantId, id, purpose: 'webhook-token' }),
      })),
    })
    await database.prisma.webhookSecret.createMany({
      data: made.map(({ tenantId, endpointId, secretId: id, secret }) => ({
        tenantId,
        id,
        endpointId,
        sealed: vault.seal(secret, { tenantId, id, purpose: 'webhook-secret' }),
        hint: 'whsec_…',
        createdAt,
      })),
    })
    tenants.push(
      ...made.map(({ tenantId, endpointId, token, secret }) => ({ tenantId, endpointId, token, secret })),
    )
  }
  await database.close()
  return tenants
}

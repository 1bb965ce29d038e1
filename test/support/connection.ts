import type { Database } from '../../src/storage/database.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { type TestTenant, vault } from './graphql.ts'

export const CONNECTED_KEY = 'rk_live_51Nconnected0001'
export const CONNECTED_AT = new Date('2026-05-01T12:00:00Z')

/** Stores a connection that is complete up to a moment, with so many imports, one an hour. @returns its id */
export async function storeConnection(
  database: Database,
  tenant: TestTenant,
  imports: number,
): Promise<string> {
  const { db } = scopeTo(database, tenant.id)
  const id = `scn_${tenant.id.slice(4)}`
  await db.stripeConnection.create({
    data: {
      tenantId: tenant.id,
      id,
      endpointId: tenant.endpointId,
      account: 'acct_1',
      livemode: true,
      sealed: vault.seal(CONNECTED_KEY, { tenantId: tenant.id, id, purpose: 'stripe-key' }),
      keyHint: 'rk_live_…0001',
      state: 'LIMITED',
      permissions: JSON.stringify([{ name: 'rak_event_read', granted: true }]),
      trouble: 'The key lacks Disputes: Read.',
      stripeEndpointId: 'we_1',
      stripeEndpointStatus: 'enabled',
      createdAt: CONNECTED_AT,
      through: CONNECTED_AT,
      atStripe: 12,
      stored: 11,
      filled: 3,
      missing: 1,
    },
  })
  await db.importJob.createMany({
    data: Array.from({ length: imports }, (_, index) => {
      const startedAt = new Date(CONNECTED_AT.getTime() + index * 3_600_000)
      return {
        tenantId: tenant.id,
        id: `imp_${tenant.id.slice(4)}_${index}`,
        connectionId: id,
        kind: index === 0 ? 'HISTORY' : 'BACKFILL',
        state: 'DONE',
        read: index,
        stored: 1,
        startedAt,
        updatedAt: startedAt,
        finishedAt: startedAt,
        options: '{}',
        progress: '{}',
      }
    }),
  })
  return id
}

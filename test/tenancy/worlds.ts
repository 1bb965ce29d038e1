import { newId } from '../../src/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { scopeTo } from '../../src/storage/scope/scope.ts'
import { insertWorld } from '../support/rows.ts'

/** Two tenants that have the same, for one test. */
export async function twoWorlds(database: Database): Promise<[string, string]> {
  const run = newId('ten').slice(4, 12)
  return [await insertWorld(database, `a_${run}`), await insertWorld(database, `b_${run}`)]
}

/** The id of what the tenant has of a kind. */
export const own = (prefix: string, tenantId: string) => tenantId.replace('ten', prefix)

/** Everything that a tenant has, as the tenant itself reads it. */
export async function worldOf(database: Database, tenantId: string) {
  const { db } = scopeTo(database, tenantId)
  return {
    tenant: await db.tenant.findMany(),
    endpoints: await db.webhookEndpoint.findMany(),
    formerTokens: await db.formerToken.findMany(),
    events: await db.stripeEvent.findMany(),
    anomalies: await db.anomaly.findMany(),
    shown: await db.anomalyEvent.findMany(),
    activities: await db.activity.findMany(),
    wakes: await db.wake.findMany(),
  }
}

import type { ApiKey, Claim, Tenant, WebhookEndpoint, WebhookSecret } from '../generated/sqlite/client.ts'
import { type ActivityEntry, activityRow } from './activity.ts'
import type { Insert, SystemSql, Value } from './sql.ts'

/** Everything that a tenant begins with. */
export interface NewTenant {
  tenant: Omit<Tenant, 'seq'>
  endpoint: WebhookEndpoint
  secret: WebhookSecret | undefined
  apiKey: ApiKey
  /** The first entries of its feed. */
  activity: readonly ActivityEntry[]
}

type Columns = Readonly<Record<string, Value>>

/**
 * Writes all of it in one transaction. Raw, because an operator may bring thousands of tenants at once, and by Prisma's
 * client these few rows take ten times the CPU.
 * @returns undefined, and nothing is written, when another tenant has its `externalId`
 */
export function insertNewTenant(sql: SystemSql, made: NewTenant): Promise<Tenant | undefined> {
  const { endpoint, secret, apiKey, activity } = made
  const tenant: Tenant = { ...made.tenant, seq: BigInt(activity.length) }
  const claim: Claim = {
    tenantId: tenant.id,
    version: 0n,
    failures: 0,
    retryAt: null,
    servedAt: tenant.createdAt,
    rebuilding: false,
    outdated: null,
    rebuiltAs: null,
  }
  return sql.write(async (tx) => {
    const insert = (table: string, rows: readonly Columns[], more: Partial<Insert> = {}) =>
      tx.insert({ table, columns: Object.keys(rows[0] ?? {}), ...more }, rows.map(Object.values))
    const unlessTaken = { conflict: '("externalId") DO NOTHING', returning: 'id' }
    const written = await insert('Tenant', [tenant], unlessTaken)
    if (written.length === 0) return undefined
    // The rest is the tenant's own, and behind its wall.
    await tx.enter(tenant.id)
    await insert('Claim', [claim])
    await insert('WebhookEndpoint', [endpoint])
    if (secret !== undefined) await insert('WebhookSecret', [secret])
    await insert('ApiKey', [apiKey])
    await insert(
      'Activity',
      activity.map((entry, index) => activityRow(tenant.id, BigInt(index + 1), entry)),
    )
    return tenant
  })
}

/** Whether a tenant has it, also one that is being erased. */
export const isExternalIdTaken = async (sql: SystemSql, externalId: string): Promise<boolean> =>
  (await sql.all('SELECT "id" FROM "Tenant" WHERE "externalId" = ?', [externalId])).length > 0

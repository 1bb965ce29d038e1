import type { PrismaClient } from '../generated/sqlite/client.ts'
import type { Database } from '../storage/database.ts'
import type { Sql } from '../storage/sql.ts'
import { bindToTenant } from './bind.ts'

/** A client that is bound to one tenant: it adds the tenant to every operation, and refuses what it cannot bind. */
export type TenantClient = Omit<PrismaClient, '$transaction' | '$extends' | `$${string}`>

/** All that resolvers, exports and detection can reach. */
export interface Scope {
  readonly tenantId: string
  readonly db: TenantClient
  readonly sql: Sql
  /** One transaction of the bound client. */
  transaction<T>(work: (db: TenantClient) => Promise<T>): Promise<T>
}

/** Everything of one tenant and nothing of another. Cheap: make one for each request. */
export function scopeTo(database: Database, tenantId: string): Scope {
  return {
    tenantId,
    db: bindToTenant(database.prisma, tenantId),
    sql: database.sql,
    transaction: (work) => database.prisma.$transaction((tx) => work(bindToTenant(tx, tenantId))),
  }
}

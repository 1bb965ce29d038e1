import { inTenant, outOfTenant } from '../current-tenant.ts'
import type { Database } from '../database.ts'
import type { Sql, SystemSql, Writer } from '../sql.ts'
import { bindToTenant, type TenantClient } from './bind.ts'

export type { TenantClient }

/** All that resolvers, exports and detection can reach. */
export interface Scope {
  readonly tenantId: string
  readonly db: TenantClient
  readonly sql: Sql
  /** One transaction of the bound client. */
  transaction<T>(work: (db: TenantClient) => Promise<T>): Promise<T>
}

/** Everything of one tenant and nothing of another. Cheap: make one for each request. */
export function scopeTo({ prisma, sql }: Database, tenantId: string): Scope {
  return {
    tenantId,
    db: bindToTenant(prisma, tenantId),
    sql: boundSql(sql, tenantId),
    transaction: (work) =>
      inTenant(tenantId, () =>
        prisma.$transaction((tx) => outOfTenant(() => work(bindToTenant(tx, tenantId)))),
      ),
  }
}

/** Raw statements cannot be rewritten; they are kept inside by the wall below, which each of them meets. */
const boundSql = (sql: SystemSql, tenantId: string): Sql => ({
  all: (text, values) => inTenant(tenantId, () => sql.all(text, values)),
  tuples: (text, values) => inTenant(tenantId, () => sql.tuples(text, values)),
  write: (work) => inTenant(tenantId, () => sql.write((tx) => work(boundWriter(tx)))),
})

/** Without the way into another tenant. */
const boundWriter = (tx: Writer): Writer => ({
  all: (text, values) => tx.all(text, values),
  run: (text, values) => tx.run(text, values),
  insert: (statement, rows) => tx.insert(statement, rows),
})

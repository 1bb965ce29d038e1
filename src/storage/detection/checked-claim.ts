import type { Database } from '../database.ts'
import { scopeTo } from '../scope/scope.ts'
import { integer, type SystemSql, text } from '../sql.ts'
import type { JudgedWork, Recorded } from './claims.ts'
import { readyTenants } from './due-tenants.ts'
import { recordTenant } from './recording.ts'
import type { Taken, TenantWakes } from './taken.ts'
import { dueWakes } from './wakes.ts'

/**
 * SQLite has one writer, and ingest is not to wait until judging is done: so a claim locks nothing there, tenants are
 * judged before the transaction, and those that have changed since are left out of it.
 */
export async function takeUnlocked(
  database: Database,
  tenantIds: readonly string[],
  now: Date,
): Promise<Taken> {
  const ready = await readyTenants(database.sql, tenantIds, now)
  return {
    ready,
    readerOf: (tenantId) => scopeTo(database, tenantId).sql,
    wakesOf: async (tenants) => {
      const due: TenantWakes = new Map()
      for (const { tenantId } of tenants)
        due.set(tenantId, await dueWakes(scopeTo(database, tenantId).sql, tenantId, now))
      return due
    },
    record: (judged) => recordUnchanged(database.sqlFor('judging'), judged, now),
    release: async () => {},
  }
}

function recordUnchanged(sql: SystemSql, judged: readonly JudgedWork[], now: Date): Promise<Recorded[]> {
  return sql.write(async (tx) => {
    const rows = await tx.all(
      `SELECT "tenantId", "version" FROM "Claim" WHERE "tenantId" IN (${judged.map(() => '?').join(', ')})`,
      judged.map(({ work }) => work.tenantId),
    )
    const versions = new Map(rows.map((row) => [text(row['tenantId']), integer(row['version'])]))
    const recorded: Recorded[] = []
    for (const one of judged) {
      if (versions.get(one.work.tenantId) === one.work.version)
        recorded.push(await recordTenant(tx, one, now))
    }
    return recorded
  })
}

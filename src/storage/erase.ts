import { othersFirst } from '../time.ts'
import type { SystemSql } from './sql.ts'
import { TENANT_TABLES } from './tenant-tables.ts'

const BATCH = 500
const PASSES = 5

/**
 * Deletes every row of a tenant, itself last, in transactions so small that nobody waits for them.
 * @param progress called with the number of rows deleted so far
 * @throws when rows keep coming in: mark the tenant as deleted first
 */
export async function eraseTenantRows(
  sql: SystemSql,
  tenantId: string,
  progress: (rows: number) => void,
): Promise<void> {
  let erased = 0
  for (let pass = 1; ; pass++) {
    for (const [table, ...key] of TENANT_TABLES) {
      for (let gone = BATCH; gone === BATCH; ) {
        gone = await eraseBatch(sql, tenantId, table, key)
        erased += gone
        if (gone > 0) progress(erased)
        await othersFirst()
      }
    }
    try {
      await sql.write(async (tx) => {
        await tx.enter(tenantId)
        await tx.run('DELETE FROM "Tenant" WHERE "id" = ?', [tenantId])
      })
      progress(erased + 1)
      return
    } catch (error) {
      // What was under way when the tenant was marked may have written behind us.
      if (pass === PASSES) throw error
    }
  }
}

function eraseBatch(
  sql: SystemSql,
  tenantId: string,
  table: string,
  key: readonly string[],
): Promise<number> {
  const columns = key.map((column) => `"${column}"`).join(', ')
  const some = `SELECT ${columns} FROM "${table}" WHERE "tenantId" = ? LIMIT ${BATCH}`
  return sql.write(async (tx) => {
    await tx.enter(tenantId)
    return tx.run(`DELETE FROM "${table}" WHERE "tenantId" = ? AND (${columns}) IN (${some})`, [
      tenantId,
      tenantId,
    ])
  })
}

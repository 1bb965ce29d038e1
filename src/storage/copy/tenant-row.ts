import type { Database } from '../database.ts'
import { text } from '../sql.ts'
import { columnsOf, valuesOf } from './columns.ts'

/** Every tenant that is not being erased, oldest first. */
export async function tenantsToCopy({ sql }: Database): Promise<string[]> {
  const rows = await sql.all('SELECT "id" FROM "Tenant" WHERE "deletedAt" IS NULL ORDER BY "createdAt", "id"')
  return rows.map((row) => text(row['id']))
}

/** The tenant itself at the target, marked as arriving; one that is there already is brought up to date. */
export async function writeTenantRow(from: Database, to: Database, tenantId: string): Promise<void> {
  const columns = await columnsOf(from, 'Tenant')
  const names = [...columns.keys()]
  const [row] = await from.sql.all('SELECT * FROM "Tenant" WHERE "id" = ?', [tenantId])
  if (row === undefined) throw new Error(`the tenant ${tenantId} is gone`)
  const values = valuesOf(columns, { ...row, moving: 'IN' })
  const update = names.filter((name) => name !== 'id').map((name) => `"${name}" = excluded."${name}"`)
  await to.sqlFor('maintenance').write(async (tx) => {
    await tx.insert(
      { table: 'Tenant', columns: names, conflict: `("id") DO UPDATE SET ${update.join(', ')}` },
      [values],
    )
  })
}

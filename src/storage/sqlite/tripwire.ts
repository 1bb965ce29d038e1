import { TenantWallError } from '../current-tenant.ts'

/**
 * SQLite has no row-level security. What stands in its place: a statement in a tenant's name must carry that
 * tenant's id among its values. A query whose condition on the tenant was forgotten is refused, not answered.
 */
export function checkTenant(
  tenantId: string | undefined,
  values: readonly unknown[],
  statement: string,
): void {
  if (tenantId === undefined || values.includes(tenantId)) return
  throw new TenantWallError(`a statement of ${tenantId} does not name its tenant: ${statement.slice(0, 200)}`)
}

/** Every row that is written must carry it, and in the column that says whose it is. */
export function checkRows(
  tenantId: string | undefined,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): void {
  if (tenantId === undefined) return
  const at = columns.indexOf(table === 'Tenant' ? 'id' : 'tenantId')
  if (rows.every((row) => row[at] === tenantId)) return
  throw new TenantWallError(`rows for ${table} are not all of ${tenantId}`)
}

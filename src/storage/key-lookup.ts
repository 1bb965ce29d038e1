import { nullableDate, type SystemSql, text } from './sql.ts'

/** An API key that is not revoked, of a tenant that is not cut off. */
export interface KeyLookup {
  tenantId: string
  id: string
  name: string
  role: string
  expiresAt: Date | null
  lastUsedAt: Date | null
}

/** Raw, because every request begins with it: through the client it would cost more than the page that is asked for. */
const LOOK_UP = `SELECT k."tenantId", k."id", k."name", k."role", k."expiresAt", k."lastUsedAt"
FROM "ApiKey" k JOIN "Tenant" t ON t."id" = k."tenantId"
WHERE k."revokedAt" IS NULL AND t."suspendedAt" IS NULL AND t."deletedAt" IS NULL`

const BY_HASH = `${LOOK_UP} AND k."hash" = ?`
const BY_ID = `${LOOK_UP} AND k."tenantId" = ? AND k."id" = ?`

/**
 * Across tenants: whose key it is, is the question.
 * @returns undefined for an unknown or expired one, and for one of a tenant that is cut off
 */
export async function lookUpKey(
  sql: SystemSql,
  which: { hash: string } | { tenantId: string; id: string },
  now: Date,
): Promise<KeyLookup | undefined> {
  const [row] = await ('hash' in which
    ? sql.all(BY_HASH, [which.hash])
    : sql.all(BY_ID, [which.tenantId, which.id]))
  if (row === undefined) return undefined
  const expiresAt = nullableDate(row['expiresAt'])
  if (expiresAt && expiresAt <= now) return undefined
  return {
    tenantId: text(row['tenantId']),
    id: text(row['id']),
    name: text(row['name']),
    role: text(row['role']),
    expiresAt,
    lastUsedAt: nullableDate(row['lastUsedAt']),
  }
}

import { nullableDate, type Row, type SystemSql, text } from './sql.ts'

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
/** The key of a session that nobody has ended. */
const BY_SESSION = `${BY_ID} AND EXISTS (SELECT 1 FROM "Session" s
  WHERE s."tenantId" = k."tenantId" AND s."id" = ? AND s."keyId" = k."id" AND s."endedAt" IS NULL)`

export type KeySearch = { hash: string } | { tenantId: string; id: string; sessionId?: string | undefined }

/**
 * Across tenants: whose key it is, is the question.
 * @returns undefined for an unknown or expired one, and for one of a tenant that is cut off
 */
export async function lookUpKey(sql: SystemSql, which: KeySearch, now: Date): Promise<KeyLookup | undefined> {
  const [row] = await find(sql, which)
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

function find(sql: SystemSql, which: KeySearch): Promise<Row[]> {
  if ('hash' in which) return sql.all(BY_HASH, [which.hash])
  const { tenantId, id, sessionId } = which
  return sessionId === undefined
    ? sql.all(BY_ID, [tenantId, id])
    : sql.all(BY_SESSION, [tenantId, id, sessionId])
}

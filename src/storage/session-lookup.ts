import { date, nullableDate, type SystemSql, text } from './sql.ts'

/** A session that nobody has ended, with the key behind it. */
export interface SessionLookup {
  /** Undefined: an operator's. */
  inTenant: { tenantId: string; role: string; keyId: string } | undefined
  id: string
  name: string
  /** Of an operator's: a mark of the key that it was begun with. */
  keyMark: string | undefined
  usedAt: Date
  expiresAt: Date
  /** Of the key. */
  keyExpiresAt: Date | null
}

const OF_TENANT = `SELECT s."tenantId", s."id", s."name", s."keyId", s."usedAt", s."expiresAt", k."role",
    k."expiresAt" AS "keyExpiresAt"
  FROM "Session" s
  JOIN "ApiKey" k ON k."tenantId" = s."tenantId" AND k."id" = s."keyId"
  JOIN "Tenant" t ON t."id" = s."tenantId"
  WHERE s."hash" = ? AND s."endedAt" IS NULL AND k."revokedAt" IS NULL
    AND t."suspendedAt" IS NULL AND t."deletedAt" IS NULL`

const OF_OPERATOR = `SELECT "id", "name", "keyMark", "usedAt", "expiresAt" FROM "OperatorSession"
  WHERE "hash" = ? AND "endedAt" IS NULL`

/** Across tenants: whose session it is, is the question. Whether its time is over is for the caller to see. */
export async function lookUpSession(sql: SystemSql, hash: string): Promise<SessionLookup | undefined> {
  const [own] = await sql.all(OF_TENANT, [hash])
  const [row] = own ? [own] : await sql.all(OF_OPERATOR, [hash])
  if (row === undefined) return undefined
  return {
    inTenant: own && {
      tenantId: text(own['tenantId']),
      role: text(own['role']),
      keyId: text(own['keyId']),
    },
    id: text(row['id']),
    name: text(row['name']),
    keyMark: own ? undefined : text(row['keyMark']),
    usedAt: date(row['usedAt']),
    expiresAt: date(row['expiresAt']),
    keyExpiresAt: own ? nullableDate(own['keyExpiresAt']) : null,
  }
}

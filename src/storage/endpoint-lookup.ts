import { PublicError } from '../errors.ts'
import { nullableDate, nullableInteger, nullableText, type Sql, type SystemSql, text } from './sql.ts'

/** What is stored of the endpoint that a webhook token belongs to. */
export interface EndpointLookup {
  tenantId: string
  endpointId: string
  /** When the token ends; null: it is the present one. */
  tokenEndsAt: Date | null
  rateRequests: number | null
  rateSeconds: number | null
  /** Live ones, newest first, as the vault sealed them. */
  secrets: readonly { id: string; sealed: string }[]
}

/**
 * Raw, because every endpoint that is delivered to is looked up each second: through the client, which takes about
 * a millisecond for it, a hundred busy endpoints would cost a tenth of a CPU.
 */
const LOOK_UP = `SELECT k."tenantId", k."endpointId", k."expiresAt",
  t."rateRequests", t."rateSeconds", s."id" AS "secretId", s."sealed"
FROM (
  SELECT "tenantId", "id" AS "endpointId", NULL AS "expiresAt" FROM "WebhookEndpoint" WHERE "tokenHash" = ?
  UNION ALL
  SELECT "tenantId", "endpointId", "expiresAt" FROM "FormerToken" WHERE "hash" = ? AND "expiresAt" > ?
) k
JOIN "Tenant" t ON t."id" = k."tenantId"
LEFT JOIN "WebhookSecret" s
  ON s."tenantId" = k."tenantId" AND s."endpointId" = k."endpointId" AND s."retiredAt" IS NULL
WHERE t."suspendedAt" IS NULL AND t."deletedAt" IS NULL
ORDER BY s."createdAt" DESC, s."id"`

/**
 * Across tenants: whose token it is, is the question.
 * @returns undefined for an unknown or expired token, and for a tenant that is cut off
 */
export async function lookUpEndpoint(
  sql: SystemSql,
  tokenHash: string,
  now: Date,
): Promise<EndpointLookup | undefined> {
  const rows = await sql.all(LOOK_UP, [tokenHash, tokenHash, now])
  const [first] = rows
  if (first === undefined) return undefined
  return {
    tenantId: text(first['tenantId']),
    endpointId: text(first['endpointId']),
    tokenEndsAt: nullableDate(first['expiresAt']),
    rateRequests: nullableInteger(first['rateRequests']),
    rateSeconds: nullableInteger(first['rateSeconds']),
    secrets: rows
      .filter((row) => nullableText(row['secretId']) !== null)
      .map((row) => ({ id: text(row['secretId']), sealed: text(row['sealed']) })),
  }
}

/**
 * The id of an endpoint of the tenant's, by id or name. Raw, because Prisma's client takes a third of a second to
 * get going: more than a short history takes to be judged, which needs it for nothing else.
 * @throws PublicError NOT_FOUND when tenant or endpoint is not there
 */
export async function findEndpoint(sql: Sql, tenantId: string, reference: string): Promise<string> {
  const [row] = await sql.all(
    `SELECT e."id" FROM "Tenant" t
     LEFT JOIN "WebhookEndpoint" e ON e."tenantId" = t."id" AND (e."id" = ? OR e."name" = ?)
     WHERE t."id" = ? AND t."deletedAt" IS NULL`,
    [reference, reference, tenantId],
  )
  if (row === undefined) throw new PublicError('NOT_FOUND', `there is no tenant ${tenantId}`)
  const endpointId = nullableText(row['id'])
  if (endpointId === null) throw new PublicError('NOT_FOUND', `there is no endpoint ${reference}`)
  return endpointId
}

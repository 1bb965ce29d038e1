import type { Database } from './database.ts'
import { integer, text } from './sql.ts'

/** Sealed texts that begin alike: the length covers their format and the id of the key that sealed them. */
export interface SealedAlike {
  /** One of them. */
  example: string
  count: number
}

/** `v1.` and eight digits of the key's id. */
const HEAD = 11

/** What is sealed and in use: live webhook secrets, tokens, targets of alerts and keys to Stripe, of tenants that are not being erased. */
export async function sealedByKey({ sql }: Database): Promise<SealedAlike[]> {
  const rows = await sql.all(
    `SELECT MIN("sealed") AS "example", COUNT(*) AS "count" FROM (
       SELECT s."sealed" FROM "WebhookSecret" s JOIN "Tenant" t ON t."id" = s."tenantId"
       WHERE s."retiredAt" IS NULL AND t."deletedAt" IS NULL
       UNION ALL
       SELECT e."tokenSealed" AS "sealed" FROM "WebhookEndpoint" e JOIN "Tenant" t ON t."id" = e."tenantId"
       WHERE t."deletedAt" IS NULL
       UNION ALL
       SELECT c."sealed" FROM "AlertChannel" c JOIN "Tenant" t ON t."id" = c."tenantId"
       WHERE t."deletedAt" IS NULL
       UNION ALL
       SELECT k."sealed" FROM "StripeConnection" k JOIN "Tenant" t ON t."id" = k."tenantId"
       WHERE t."deletedAt" IS NULL
     ) AS "all" GROUP BY substr("sealed", 1, ${HEAD})`,
  )
  return rows.map((row) => ({ example: text(row['example']), count: integer(row['count']) }))
}

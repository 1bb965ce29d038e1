import type { Database } from '../database.ts'
import { SERVED } from '../served.ts'
import { text } from '../sql.ts'

export interface WaitingImport {
  tenantId: string
  id: string
}

/** Connections whose past is not fetched and judged yet and whose key is good, of tenants that are served. */
export async function waitingImports({ sql }: Pick<Database, 'sql'>): Promise<WaitingImport[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."id" FROM "StripeConnection" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE c."reconcileAt" IS NULL AND ${SERVED}
       AND EXISTS (SELECT 1 FROM "ImportJob" j WHERE j."tenantId" = c."tenantId" AND j."connectionId" = c."id")
       AND NOT EXISTS (SELECT 1 FROM "ImportJob" j
         WHERE j."tenantId" = c."tenantId" AND j."connectionId" = c."id" AND j."state" = 'FAILED')
     ORDER BY c."createdAt" LIMIT 100`,
    [],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

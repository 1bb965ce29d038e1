import { PublicError } from '../errors.ts'
import type { Database } from './database.ts'
import { raiseVersionIn } from './detection/version.ts'
import { nullableText, type Reader, type SystemSql, text } from './sql.ts'

/**
 * A tenant that is being copied to another database is read-only, by a mark that every process reads in the transaction
 * in which it would write: OUT where it comes from, and stays so; IN where it arrives, until all of it is there.
 */
export type Moving = 'OUT' | 'IN'

/** Seconds after which it is worth another try: longer than most tenants take. */
const RETRY_AFTER = 60

export const readOnly = (tenantId: string): PublicError =>
  new PublicError(
    'UNAVAILABLE',
    `The tenant ${tenantId} is read-only: it is being moved to another database.`,
    {
      retryAfterSeconds: RETRY_AFTER,
    },
  )

/** @returns null: it is not moved; undefined: there is no such tenant */
export async function movingOf(sql: Reader, tenantId: string): Promise<string | null | undefined> {
  const [row] = await sql.all('SELECT "moving" FROM "Tenant" WHERE "id" = ?', [tenantId])
  return row && nullableText(row['moving'])
}

/** @throws PublicError UNAVAILABLE while the tenant is moved */
export async function demandWritable(sql: Reader, tenantId: string): Promise<void> {
  if ((await movingOf(sql, tenantId)) != null) throw readOnly(tenantId)
}

/**
 * From its commit on nobody writes for the tenant. What was begun before is waited for: on PostgreSQL a pass holds the
 * claim, and whoever has stored an event or an act holds the tenant's row.
 */
export async function markMovingOut({ engine, sqlFor }: Database, tenantId: string): Promise<void> {
  const lock = engine === 'postgresql' ? ' FOR UPDATE' : ''
  await sqlFor('maintenance').write(async (tx) => {
    await tx.enter(tenantId)
    await raiseVersionIn(tx, tenantId)
    await tx.all(`SELECT 1 FROM "Tenant" WHERE "id" = ?${lock}`, [tenantId])
    await tx.run(`UPDATE "Tenant" SET "moving" = 'OUT' WHERE "id" = ?`, [tenantId])
  })
}

/** It lives here, and is written to again. */
export async function clearMoving(sql: SystemSql, tenantId: string): Promise<void> {
  await sql.write(async (tx) => {
    await tx.enter(tenantId)
    await tx.run('UPDATE "Tenant" SET "moving" = NULL WHERE "id" = ?', [tenantId])
  })
}

export interface MovingTenant {
  id: string
  name: string
  moving: Moving
}

/** Tenants that are moved, or were and not deleted where they came from. */
export async function movingTenants(sql: Reader): Promise<MovingTenant[]> {
  const rows = await sql.all(
    'SELECT "id", "name", "moving" FROM "Tenant" WHERE "moving" IS NOT NULL AND "deletedAt" IS NULL ORDER BY "id"',
  )
  return rows.map((row) => ({
    id: text(row['id']),
    name: text(row['name']),
    moving: row['moving'] === 'IN' ? 'IN' : 'OUT',
  }))
}

/** What somebody works on for a tenant until a time, and writes down after it. */
const LEASED = ['AlertChannel', 'Rebuild', 'StripeConnection'] as const

/** Whether an alert, a rebuild or an import of the tenant is under way somewhere. */
export async function isLeased(sql: Reader, tenantId: string, now: Date): Promise<boolean> {
  for (const table of LEASED) {
    const rows = await sql.all(`SELECT 1 FROM "${table}" WHERE "tenantId" = ? AND "leaseUntil" > ? LIMIT 1`, [
      tenantId,
      now,
    ])
    if (rows.length > 0) return true
  }
  return false
}

import { SERVED } from '../served.ts'
import { date, flag, integer, nullableDate, nullableText, type Reader, type Row, text } from '../sql.ts'

/** Tenants that one look finds at most. */
const FOUND_AT_ONCE = 1_000

/**
 * Tenants with waiting events after one in the order of ids, each found by a step that passes over its other wakes; and
 * tenants whose timer is due. What this costs follows the tenants that it finds, not their wakes.
 */
const LOOK = `WITH RECURSIVE "waiting" ("tenantId", "place") AS (
    SELECT (SELECT "tenantId" FROM "Wake" WHERE "events" <> '[]' AND "tenantId" > ? ORDER BY "tenantId" LIMIT 1), 1
    UNION ALL
    SELECT (SELECT w."tenantId" FROM "Wake" w
      WHERE w."events" <> '[]' AND w."tenantId" > "waiting"."tenantId" ORDER BY w."tenantId" LIMIT 1), "place" + 1
    FROM "waiting" WHERE "tenantId" IS NOT NULL AND "place" < ${FOUND_AT_ONCE}
  ), "ringing" ("tenantId") AS (
    SELECT "tenantId" FROM "Wake" WHERE "events" = '[]' AND "dueAt" <= ? ORDER BY "dueAt" LIMIT ${FOUND_AT_ONCE}
  )
  SELECT f."tenantId", f."waits", c."servedAt", c."retryAt",
    f."waits" = 0 OR EXISTS (SELECT 1 FROM "Wake" w
      WHERE w."events" <> '[]' AND w."tenantId" = f."tenantId" AND w."dueAt" <= ?) AS "due",
    ${SERVED} AS "served"
  FROM (SELECT "tenantId", 1 AS "waits" FROM "waiting" UNION ALL SELECT "tenantId", 0 AS "waits" FROM "ringing") AS f
  JOIN "Claim" c ON c."tenantId" = f."tenantId" JOIN "Tenant" t ON t."id" = f."tenantId"`

/**
 * Whose turn it is: tenants with work, those first that were served longest ago. They are looked for when all that were
 * found before have had their turn, so each has one before any has two, however much work it has.
 */
export class DueTenants {
  #round: string[] = []
  /** A look that found its fill goes on behind this tenant the next time: who comes later in the order has a turn, too. */
  #after = ''

  /** Whether all that were found have had their turn. */
  get isOver(): boolean {
    return this.#round.length === 0
  }

  /** Those whose turn is next, up to this many. */
  take(count: number): string[] {
    return this.#round.splice(0, count)
  }

  /** Their turn has not come after all: they are next. */
  putBack(tenantIds: readonly string[]): void {
    this.#round.unshift(...tenantIds)
  }

  async look(sql: Reader, now: Date): Promise<void> {
    const began = this.#after
    const rows = await sql.all(LOOK, [began, now, now])
    const waiting = rows.filter((row) => integer(row['waits']) === 1).map((row) => text(row['tenantId']))
    this.#after = waiting.length < FOUND_AT_ONCE ? '' : waiting.reduce((last, id) => (id > last ? id : last))
    const due = rows.filter((row) => isDue(row, now)).sort((a, b) => servedAt(a) - servedAt(b))
    this.#round = [...new Set(due.map((row) => text(row['tenantId'])))]
    if (this.isOver && began !== '') await this.look(sql, now)
  }
}

const servedAt = (row: Row): number => date(row['servedAt']).getTime()

/** Not one that waits after failures. */
function isDue(row: Row, now: Date): boolean {
  const retryAt = nullableDate(row['retryAt'])
  return flag(row['due']) && flag(row['served']) && (retryAt === null || retryAt <= now)
}

/** A tenant that may be served. */
export interface ReadyTenant {
  tenantId: string
  version: number
  /** Whether a rebuild runs, which has to learn of what is judged meanwhile. */
  rebuilding: boolean
  timezone: string
  country: string | null
}

/**
 * Those of the tenants that may be served, those first that were served longest ago.
 * @param lock ends the statement
 */
export async function readyTenants(
  sql: Reader,
  tenantIds: readonly string[],
  now: Date,
  lock = '',
): Promise<ReadyTenant[]> {
  const rows = await sql.all(
    `SELECT c."tenantId", c."version", c."rebuilding", t."timezone", t."country" FROM "Claim" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE c."tenantId" IN (${tenantIds.map(() => '?').join(', ')}) AND (c."retryAt" IS NULL OR c."retryAt" <= ?)
       AND ${SERVED} ORDER BY c."servedAt" ${lock}`,
    [...tenantIds, now],
  )
  return rows.map((row) => ({
    tenantId: text(row['tenantId']),
    version: integer(row['version']),
    rebuilding: flag(row['rebuilding']),
    timezone: text(row['timezone']),
    country: nullableText(row['country']),
  }))
}

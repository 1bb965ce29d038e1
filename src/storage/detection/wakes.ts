import { z } from 'zod'
import { type Reader, type Row, text } from '../sql.ts'

/** How many events of a tenant are judged at once, so that its backlog lets others in between. */
export const EVENTS_OF_ONE = 500

/** What of a tenant's wakes is due. */
export interface DueWakes {
  wakes: string[]
  stripeIds: string[]
  /** Whether the one for its timers is among them. */
  rang: boolean
}

/** A tenant's wakes that are due, as many as are judged at once, each kind by its own index: other wakes cost nothing. */
export const DUE_WAKES = `SELECT "id", "events" FROM (
    SELECT "id", "events" FROM "Wake" WHERE "tenantId" = ? AND "events" <> '[]' AND "dueAt" <= ?
    ORDER BY "dueAt", "id" LIMIT ${EVENTS_OF_ONE}) AS "waiting"
  UNION ALL
  SELECT "id", "events" FROM "Wake" WHERE "tenantId" = ? AND "events" = '[]' AND "dueAt" <= ?`

export async function dueWakes(sql: Reader, tenantId: string, now: Date): Promise<DueWakes> {
  return readWakes(await sql.all(DUE_WAKES, [tenantId, now, tenantId, now]))
}

const stripeIdList = z.array(z.string())

/** As many of the rows as are judged at once. */
export function readWakes(rows: readonly Row[]): DueWakes {
  const due: DueWakes = { wakes: [], stripeIds: [], rang: false }
  for (const row of rows) {
    const events = text(row['events'])
    if (events === '[]') due.rang = true
    else if (due.stripeIds.length >= EVENTS_OF_ONE) continue
    else due.stripeIds.push(...stripeIdList.parse(JSON.parse(events)))
    due.wakes.push(text(row['id']))
  }
  return due
}

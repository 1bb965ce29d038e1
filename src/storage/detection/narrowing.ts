import type { BatchOutcome } from '../../detection/engine/memory.ts'
import { storable } from '../../stripe/read.ts'
import type { Database } from '../database.ts'
import { isDataFailure } from '../failures.ts'
import { scopeTo } from '../scope/scope.ts'
import { date, text } from '../sql.ts'
import { dueWakes, type Judge, type Served, ServingError, serveApart } from './claims.ts'

/** What the error of an event begins with whose judgement the database refused: nothing of it is stored. */
export const UNSAVED = 'could not be saved: '

/**
 * Serves a tenant whose batch could not be saved because of its data: the batch is halved until the events are found
 * that do it. They are marked as failed, with the reason; all others are judged, in their order.
 * @throws ServingError when it is not the data, or when even the time alone cannot be saved: no event is to blame then
 */
export async function serveNarrowed(
  database: Database,
  tenantId: string,
  now: Date,
  judge: Judge,
): Promise<Served> {
  const total: Served = { tenantId, outcome: emptyOutcome(), acts: 0 }
  /** @returns false when another process has taken the tenant */
  const attempt = async (stripeIds: readonly string[]): Promise<boolean> => {
    const served = await serveApart(database, now, judge, { tenantId, stripeIds })
    if (served !== undefined) add(total, served)
    return served !== undefined
  }
  const narrow = async (stripeIds: readonly string[]): Promise<boolean> => {
    if (stripeIds.length === 0) return true
    try {
      return await attempt(stripeIds)
    } catch (error) {
      if (!(error instanceof ServingError) || !isDataFailure(error.cause)) throw error
      const [only] = stripeIds
      if (stripeIds.length === 1 && only !== undefined) {
        total.outcome.marks.push(await fail(database, tenantId, only, error.cause, now))
        return true
      }
    }
    const half = Math.ceil(stripeIds.length / 2)
    return (await narrow(stripeIds.slice(0, half))) && (await narrow(stripeIds.slice(half)))
  }
  if (await attempt([])) await narrow(await waitingEvents(database, tenantId, now))
  return total
}

/** The pending events of the wakes that are due, in the order in which they are judged. */
async function waitingEvents(database: Database, tenantId: string, now: Date): Promise<string[]> {
  const { sql } = scopeTo(database, tenantId)
  const { stripeIds } = await dueWakes(sql, tenantId, now)
  const found: { id: string; order: string }[] = []
  for (let start = 0; start < stripeIds.length; start += CHUNK) {
    const part = stripeIds.slice(start, start + CHUNK)
    const rows = await sql.all(
      `SELECT "stripeId", "receivedAt", "createdAt" FROM "StripeEvent"
       WHERE "tenantId" = ? AND "status" = 'PENDING' AND "stripeId" IN (${part.map(() => '?').join(', ')})`,
      [tenantId, ...part],
    )
    for (const row of rows) {
      const id = text(row['stripeId'])
      found.push({ id, order: `${isoOf(row['receivedAt'])} ${isoOf(row['createdAt'])} ${id}` })
    }
  }
  return found.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ id }) => id)
}

const CHUNK = 400

const isoOf = (value: unknown): string => date(value).toISOString()

async function fail(database: Database, tenantId: string, stripeId: string, cause: unknown, now: Date) {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const error = `${UNSAVED}${storable(reason)}`.slice(0, MAX_REASON)
  await database.sqlFor('judging').write(async (tx) => {
    await tx.enter(tenantId)
    await tx.run(
      `UPDATE "StripeEvent" SET "status" = 'FAILED', "processedAt" = ?, "error" = ?
       WHERE "tenantId" = ? AND "stripeId" = ? AND "status" = 'PENDING'`,
      [now, error, tenantId, stripeId],
    )
  })
  return { stripeId, status: 'FAILED' as const, error, facts: [] }
}

const MAX_REASON = 1_000

const emptyOutcome = (): BatchOutcome => ({
  streams: [],
  objects: new Map(),
  metrics: [],
  marks: [],
  late: 0,
  brokenTimers: [],
})

function add(total: Served, { outcome, acts }: Served): void {
  total.acts += acts
  total.outcome.streams.push(...outcome.streams)
  total.outcome.marks.push(...outcome.marks)
  total.outcome.late += outcome.late
  total.outcome.brokenTimers.push(...outcome.brokenTimers)
}

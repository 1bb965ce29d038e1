import { insertListed, type ListedEvent } from '../inbox.ts'
import type { Sql, Writer } from '../sql.ts'

/** A page of Stripe's past, and how far the work is once it is stored. */
export interface PageCommit {
  tenantId: string
  jobId: string
  events: readonly ListedEvent[]
  read: number
  /** JSON. */
  progress: string
  now: Date
  /** Where nothing of the tenant is judged live yet, nothing is before. */
  holdUntil: Date
}

/** The job was ended or removed meanwhile: what it read is not stored. */
export class JobGoneError extends Error {
  override readonly name = 'JobGoneError'
  constructor() {
    super('the import was ended meanwhile')
  }
}

/**
 * Stores a page together with the place where it ends: a kill at any moment repeats a page or not, and events that are
 * known stay as they are. No wake is left: they are judged together, oldest first.
 * @returns how many were not known
 */
export function storePage(sql: Sql, page: PageCommit): Promise<number> {
  const { tenantId, jobId, now, holdUntil } = page
  return sql.write(async (tx) => {
    // Without its tenant no event could be inserted either. The job and the claim are locked first: see `lockConnection`.
    const running = await tx.run(
      `UPDATE "ImportJob" SET "read" = "read" + ?, "progress" = ?, "updatedAt" = ?, "error" = NULL
       WHERE "tenantId" = ? AND "id" = ? AND "state" = 'RUNNING'`,
      [page.read, page.progress, now, tenantId, jobId],
    )
    if (running === 0) throw new JobGoneError()
    await holdJudging(tx, tenantId, holdUntil)
    const { length: stored } = await insertListed(tx, tenantId, page.events, now)
    await tx.run('UPDATE "ImportJob" SET "stored" = "stored" + ? WHERE "tenantId" = ? AND "id" = ?', [
      stored,
      tenantId,
      jobId,
    ])
    return stored
  })
}

/** Deliveries are stored meanwhile, and judged afterwards; what is judged live already goes on being so. */
async function holdJudging(tx: Writer, tenantId: string, until: Date): Promise<void> {
  await tx.run(
    `UPDATE "Claim" SET "retryAt" = ? WHERE "tenantId" = ? AND "failures" = 0
     AND NOT EXISTS (SELECT 1 FROM "Stream" WHERE "tenantId" = ? AND "live" = ?)`,
    [until, tenantId, tenantId, true],
  )
}

/** Deliveries that waited for the past are judged from now on. */
export async function releaseJudging(sql: Sql, tenantId: string): Promise<void> {
  await sql.write((tx) =>
    tx.run('UPDATE "Claim" SET "retryAt" = NULL WHERE "tenantId" = ? AND "failures" = 0', [tenantId]),
  )
}

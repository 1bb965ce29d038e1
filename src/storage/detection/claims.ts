import { z } from 'zod'
import type { BatchOutcome } from '../../detection/engine/memory.ts'
import type { Database } from '../database.ts'
import { scopeTo } from '../scope/scope.ts'
import { integer, type Reader, type SystemWriter, type Transaction, text } from '../sql.ts'
import { saveOutcome, scheduleTimer } from './saving.ts'
import { StoredMemory } from './stored-memory.ts'

/** How many events are judged at once, so that a tenant's backlog lets others in between. */
const BATCH = 500

/** Tenants that have work, taken by this process until what came of it is recorded, or they are released. */
export interface WorkClaim {
  readonly tenants: readonly TenantWork[]
  /**
   * Stores what came of judging them, all in one transaction, and gives them back.
   * @returns what was stored: a tenant that has changed since it was claimed is left out, and still has its work
   * @throws ServingError with the tenant whose result could not be stored; then nothing is
   */
  record(judged: readonly JudgedWork[]): Promise<Recorded[]>
  /** Gives them back with their work; after `record` it does nothing. */
  release(): Promise<void>
}

/** What a tenant is to be judged for, and what is remembered of it. */
export interface TenantWork {
  readonly tenantId: string
  /** Of the tenant's memory when it was claimed. */
  readonly version: number
  readonly memory: StoredMemory
  /** The events that wait; none: only time has passed. */
  readonly stripeIds: readonly string[]
  /** What is done with once the work is; undefined: they stay, for other events. */
  readonly wakes: readonly string[] | undefined
}

export interface JudgedWork {
  work: TenantWork
  outcome: BatchOutcome
}

export interface Recorded {
  tenantId: string
  outcome: BatchOutcome
  /** How many changes of anomalies were added to the tenant's feed. */
  acts: number
}

/** Names the tenant whose work failed, so that it can be made to wait. */
export class ServingError extends Error {
  constructor(
    readonly tenantId: string,
    cause: unknown,
  ) {
    super(`judging failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Whose work is looked for. */
export interface Search {
  now: Date
  /** Tenants that this process leaves to others. */
  passOver?: readonly string[]
  /** This tenant alone, for these of its events alone: its wakes stay for those that are left. */
  apart?: { tenantId: string; stripeIds: readonly string[] }
}

/**
 * Takes the tenant that has waited longest since it was last served, if any has work due.
 * @returns undefined when nobody has work; a claim without tenants when another process was faster
 */
export function claimWork(database: Database, search: Search): Promise<WorkClaim | undefined> {
  return database.engine === 'postgresql' ? lock(database, search) : look(database, search)
}

/** On PostgreSQL the claim is a row lock in the very transaction that stores the result; nobody waits for it. */
async function lock(database: Database, search: Search): Promise<WorkClaim | undefined> {
  const tx = await database.begin('judging')
  // What failed is worth more than a failure on the way back, and a lost connection gives the locks back, too.
  const release = () => tx.rollback().catch(() => {})
  try {
    const due = await nextDue(tx, search, 'FOR UPDATE OF c SKIP LOCKED')
    if (due === undefined) {
      await release()
      return undefined
    }
    const tenants = await workOf(boundTo(tx, due.tenantId), due, search)
    return { tenants, record: (judged) => recordLocked(tx, judged, search.now), release }
  } catch (error) {
    await release()
    throw error
  }
}

async function recordLocked(tx: Transaction, judged: readonly JudgedWork[], now: Date): Promise<Recorded[]> {
  const recorded: Recorded[] = []
  for (const one of judged) recorded.push(await recordTenant(tx, one, now))
  await tx.commit()
  return recorded
}

/** Reads of a transaction in the tenant's name. */
const boundTo = (tx: SystemWriter, tenantId: string): Reader => ({
  all: async (statement, values) => {
    await tx.enter(tenantId)
    return tx.all(statement, values)
  },
})

/** SQLite has one writer, so there a claim locks nothing: what is recorded is compared with what was claimed. */
async function look(database: Database, search: Search): Promise<WorkClaim | undefined> {
  const due = await nextDue(database.sql, search, '')
  if (due === undefined) return undefined
  const tenants = await workOf(scopeTo(database, due.tenantId).sql, due, search)
  return {
    tenants,
    record: (judged) => recordUnchanged(database, judged, search.now),
    release: async () => {},
  }
}

function recordUnchanged(database: Database, judged: readonly JudgedWork[], now: Date): Promise<Recorded[]> {
  return database.sqlFor('judging').write(async (tx) => {
    const recorded: Recorded[] = []
    for (const one of judged) {
      const { tenantId, version } = one.work
      const [current] = await tx.all('SELECT "version" FROM "Claim" WHERE "tenantId" = ?', [tenantId])
      if (current !== undefined && integer(current['version']) === version)
        recorded.push(await recordTenant(tx, one, now))
    }
    return recorded
  })
}

interface Due {
  tenantId: string
  version: number
}

async function nextDue(
  sql: Reader,
  { now, passOver = [], apart }: Search,
  lock: string,
): Promise<Due | undefined> {
  const others =
    passOver.length === 0 ? '' : `AND c."tenantId" NOT IN (${passOver.map(() => '?').join(', ')})`
  const alone = apart === undefined ? '' : 'AND c."tenantId" = ?'
  const [row] = await sql.all(
    `SELECT c."tenantId", c."version" FROM "Claim" c JOIN "Tenant" t ON t."id" = c."tenantId"
     WHERE c."tenantId" IN (SELECT "tenantId" FROM "Wake" WHERE "dueAt" <= ?)
       AND (c."retryAt" IS NULL OR c."retryAt" <= ?) AND t."suspendedAt" IS NULL AND t."deletedAt" IS NULL ${others} ${alone}
     ORDER BY c."servedAt" LIMIT 1 ${lock}`,
    [now, now, ...passOver, ...(apart === undefined ? [] : [apart.tenantId])],
  )
  return row && { tenantId: text(row['tenantId']), version: integer(row['version']) }
}

/** Nothing when another process has served the tenant between the look and the lock. */
async function workOf(sql: Reader, due: Due, { now, apart }: Search): Promise<TenantWork[]> {
  const memory = new StoredMemory(sql, due.tenantId)
  if (apart !== undefined) return [{ ...due, memory, stripeIds: apart.stripeIds, wakes: undefined }]
  const waiting = await dueWakes(sql, due.tenantId, now).catch((error: unknown) => {
    throw new ServingError(due.tenantId, error)
  })
  return waiting.wakes.length === 0 ? [] : [{ ...due, memory, ...waiting }]
}

const stripeIdList = z.array(z.string())

/** The wakes of a tenant that are due, as many as are judged at once, and the events that they are for. */
export async function dueWakes(
  sql: Reader,
  tenantId: string,
  now: Date,
): Promise<{ wakes: string[]; stripeIds: string[] }> {
  const rows = await sql.all(
    `SELECT "id", "events" FROM "Wake" WHERE "tenantId" = ? AND "dueAt" <= ? ORDER BY "dueAt", "id" LIMIT ${BATCH}`,
    [tenantId, now],
  )
  const wakes: string[] = []
  const stripeIds: string[] = []
  for (const row of rows) {
    if (stripeIds.length >= BATCH) break
    wakes.push(text(row['id']))
    stripeIds.push(...stripeIdList.parse(JSON.parse(text(row['events']))))
  }
  return { wakes, stripeIds }
}

/** All that came of one tenant's work, and that it is done. */
async function recordTenant(tx: SystemWriter, { work, outcome }: JudgedWork, now: Date): Promise<Recorded> {
  const { tenantId, version, wakes } = work
  try {
    await tx.enter(tenantId)
    const acts = await saveOutcome(tx, tenantId, outcome, now)
    if (wakes !== undefined) {
      await tx.run(
        `DELETE FROM "Wake" WHERE "tenantId" = ? AND "id" IN (${wakes.map(() => '?').join(', ')})`,
        [tenantId, ...wakes],
      )
    }
    await scheduleTimer(tx, tenantId)
    await tx.run(
      'UPDATE "Claim" SET "version" = ?, "failures" = 0, "retryAt" = NULL, "servedAt" = ? WHERE "tenantId" = ?',
      [version + 1, now, tenantId],
    )
    return { tenantId, outcome, acts }
  } catch (error) {
    throw new ServingError(tenantId, error)
  }
}

/** Lets a tenant whose work failed wait, longer each time, up to five minutes. */
export async function backOff(database: Database, tenantId: string, now: Date): Promise<void> {
  await database.sqlFor('judging').write(async (tx) => {
    await tx.enter(tenantId)
    const [row] = await tx.all('SELECT "failures" FROM "Claim" WHERE "tenantId" = ?', [tenantId])
    if (row === undefined) return
    const failures = integer(row['failures'])
    const retryAt = new Date(now.getTime() + Math.min(300, 2 ** failures) * 1_000)
    await tx.run('UPDATE "Claim" SET "failures" = ?, "retryAt" = ?, "servedAt" = ? WHERE "tenantId" = ?', [
      failures + 1,
      retryAt,
      now,
      tenantId,
    ])
  })
}

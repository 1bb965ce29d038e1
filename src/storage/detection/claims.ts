import { z } from 'zod'
import type { BatchOutcome } from '../../detection/engine/memory.ts'
import type { Database } from '../database.ts'
import { scopeTo } from '../scope/scope.ts'
import { integer, type Reader, text, type Writer } from '../sql.ts'
import { saveOutcome, scheduleTimer } from './saving.ts'
import { StoredMemory } from './stored-memory.ts'

/** How many events are judged at once, so that a tenant's backlog lets others in between. */
const BATCH = 500

/** A tenant that has work, taken by this process. */
export interface Claim {
  tenantId: string
  version: number
}

export interface Served {
  tenantId: string
  outcome: BatchOutcome
  /** How many changes of anomalies the batch added to the tenant's feed. */
  acts: number
}

/** Judges what waits: the ids of pending events (none: only time has passed). */
export type Judge = (memory: StoredMemory, stripeIds: readonly string[]) => Promise<BatchOutcome>

/** The tenant was served by another process, or has changed, since it was looked at: whoever is due is looked for again. */
const OUTDATED = Symbol('outdated')

/** Thrown with the tenant whose work failed, so that it can be made to wait. */
export class ServingError extends Error {
  constructor(
    readonly tenantId: string,
    cause: unknown,
  ) {
    super(`judging failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Whose work is looked for. */
interface Search {
  now: Date
  /** Tenants that this process leaves to others. */
  passOver: readonly string[]
  /** This tenant alone, judged for these events alone: the wakes stay for those that are left. */
  apart?: { tenantId: string; stripeIds: readonly string[] }
}

/**
 * Serves the tenant that has waited longest since it was last served, if any has work due.
 * @param passOver tenants that this process leaves to others
 * @returns undefined when nobody has work
 */
export async function serveNext(
  database: Database,
  now: Date,
  judge: Judge,
  passOver: readonly string[] = [],
): Promise<Served | undefined> {
  const serve = database.engine === 'postgresql' ? serveLocked : serveThinkingFirst
  for (;;) {
    const served = await serve(database, { now, passOver }, judge)
    if (served !== OUTDATED) return served
  }
}

/**
 * Serves one tenant for some of the events that wait, with the time that has passed.
 * @returns undefined when another process has taken the tenant, or it has no work any more
 * @throws ServingError
 */
export async function serveApart(
  database: Database,
  now: Date,
  judge: Judge,
  apart: { tenantId: string; stripeIds: readonly string[] },
): Promise<Served | undefined> {
  const serve = database.engine === 'postgresql' ? serveLocked : serveThinkingFirst
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const served = await serve(database, { now, passOver: [], apart }, judge)
    if (served !== OUTDATED) return served
  }
  return undefined
}

/** Somebody else goes on changing the tenant: whoever comes next tries again. */
const ATTEMPTS = 10

/** On PostgreSQL the claim is a row lock in the very transaction that stores the result; nobody waits for it. */
function serveLocked(
  database: Database,
  search: Search,
  judge: Judge,
): Promise<Served | typeof OUTDATED | undefined> {
  const { now } = search
  return database.sqlFor('judging').write(async (tx) => {
    const claim = await nextClaim(tx, search, 'FOR UPDATE OF c SKIP LOCKED')
    if (claim === undefined) return undefined
    try {
      await tx.enter(claim.tenantId)
      const { wakes, stripeIds } = await workOf(tx, claim.tenantId, search)
      if (wakes?.length === 0) return OUTDATED
      const outcome = await judge(new StoredMemory(tx, claim.tenantId), stripeIds)
      return await finish(tx, { claim, wakes, outcome, now })
    } catch (error) {
      throw new ServingError(claim.tenantId, error)
    }
  })
}

/** SQLite has one writer, so there a batch is judged before the transaction, which then checks that nothing has changed. */
async function serveThinkingFirst(
  database: Database,
  search: Search,
  judge: Judge,
): Promise<Served | typeof OUTDATED | undefined> {
  const { now } = search
  const claim = await nextClaim(database.sql, search, '')
  if (claim === undefined) return undefined
  try {
    const { sql } = scopeTo(database, claim.tenantId)
    const { wakes, stripeIds } = await workOf(sql, claim.tenantId, search)
    if (wakes?.length === 0) return OUTDATED
    const outcome = await judge(new StoredMemory(sql, claim.tenantId), stripeIds)
    return await sql.write(async (tx) => {
      const current = await tx.all('SELECT "version" FROM "Claim" WHERE "tenantId" = ?', [claim.tenantId])
      if (integer(current[0]?.['version']) !== claim.version) return OUTDATED
      return finish(tx, { claim, wakes, outcome, now })
    })
  } catch (error) {
    throw new ServingError(claim.tenantId, error)
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

async function nextClaim(
  sql: Reader,
  { now, passOver, apart }: Search,
  lock: string,
): Promise<Claim | undefined> {
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

const stripeIdList = z.array(z.string())

/** What a tenant is to be judged for; no wakes: they are not done with. */
interface Waiting {
  wakes?: readonly string[]
  stripeIds: readonly string[]
}

const workOf = (sql: Reader, tenantId: string, { now, apart }: Search): Promise<Waiting> | Waiting =>
  apart ?? dueWakes(sql, tenantId, now)

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

interface Finish {
  claim: Claim
  wakes: readonly string[] | undefined
  outcome: BatchOutcome
  now: Date
}

async function finish(
  tx: Writer,
  { claim: { tenantId, version }, wakes, outcome, now }: Finish,
): Promise<Served> {
  const acts = await saveOutcome(tx, tenantId, outcome, now)
  if (wakes !== undefined) {
    await tx.run(`DELETE FROM "Wake" WHERE "tenantId" = ? AND "id" IN (${wakes.map(() => '?').join(', ')})`, [
      tenantId,
      ...wakes,
    ])
  }
  await scheduleTimer(tx, tenantId)
  await tx.run(
    'UPDATE "Claim" SET "version" = ?, "failures" = 0, "retryAt" = NULL, "servedAt" = ? WHERE "tenantId" = ?',
    [version + 1, now, tenantId],
  )
  return { tenantId, outcome, acts }
}

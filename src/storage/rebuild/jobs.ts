import { z } from 'zod'
import { ACTOR_KINDS } from '../../actor.ts'
import { DETECTOR_NAMES } from '../../detection/detector.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { PublicError } from '../../errors.ts'
import type { Database } from '../database.ts'
import { type Scope, scopeTo } from '../scope/scope.ts'
import { SERVED } from '../served.ts'
import {
  date,
  integer,
  nullableDate,
  nullableText,
  type Reader,
  type Row,
  text,
  type Writer,
} from '../sql.ts'
import { clearRebuild } from './swap.ts'

const options = z.object({
  /** All where none is named. */
  detectors: z.array(z.enum(DETECTOR_NAMES)),
  /** ISO: anomalies found before are left as they are; null: none is. */
  from: z.string().nullable(),
  dryRun: z.boolean(),
  actor: z.object({ kind: z.enum(ACTOR_KINDS), name: z.string() }),
})
export type RebuildOptions = z.infer<typeof options>

const stream = z.object({
  id: z.string(),
  endpointId: z.string(),
  account: z.string().nullable(),
  livemode: z.boolean(),
  clock: z.number(),
  live: z.boolean(),
  hold: z.object({ since: z.number(), newest: z.number(), count: z.number() }).nullable(),
  since: z.number().nullable(),
  liveSince: z.number().nullable(),
}) satisfies z.ZodType<Stream>

const progress = z.object({
  /** What was delivered before is judged; null: nothing is yet. */
  cursor: z.number().nullable(),
  /** Delivery of the first event that counts. */
  judgedFrom: z.number().nullable(),
  events: z.number(),
  /** Settings and place by which it was judged, as text; empty before. */
  basis: z.string(),
  streams: z.array(stream),
})
export type RebuildProgress = Readonly<z.infer<typeof progress>>

/** Where a rebuild begins. */
export const NOTHING_YET: RebuildProgress = {
  cursor: null,
  judgedFrom: null,
  events: 0,
  basis: '',
  streams: [],
}

export interface RebuildJob {
  tenantId: string
  id: string
  state: 'RUNNING' | 'DONE' | 'FAILED'
  options: RebuildOptions
  progress: RebuildProgress
  result: string | null
  error: string | null
  read: number
  stored: number
  startedAt: Date
  finishedAt: Date | null
  leaseUntil: Date | null
}

const STATES = ['RUNNING', 'DONE', 'FAILED'] as const

function toJob(row: Row): RebuildJob {
  return {
    tenantId: text(row['tenantId']),
    id: text(row['id']),
    state: z.enum(STATES).parse(row['state']),
    options: options.parse(JSON.parse(text(row['options']))),
    progress: progress.parse(JSON.parse(text(row['progress']))),
    result: nullableText(row['result']),
    error: nullableText(row['error']),
    read: integer(row['read']),
    stored: integer(row['stored']),
    startedAt: date(row['startedAt']),
    finishedAt: nullableDate(row['finishedAt']),
    leaseUntil: nullableDate(row['leaseUntil']),
  }
}

export async function readJob(sql: Reader, tenantId: string, id: string): Promise<RebuildJob | undefined> {
  const [row] = await sql.all('SELECT * FROM "Rebuild" WHERE "tenantId" = ? AND "id" = ?', [tenantId, id])
  return row && toJob(row)
}

/** The newest first. */
export async function readJobs(sql: Reader, tenantId: string, limit: number): Promise<RebuildJob[]> {
  const rows = await sql.all(
    `SELECT * FROM "Rebuild" WHERE "tenantId" = ? ORDER BY "startedAt" DESC, "id" DESC LIMIT ${limit}`,
    [tenantId],
  )
  return rows.map(toJob)
}

async function runningJob(sql: Reader, tenantId: string): Promise<RebuildJob | undefined> {
  const [row] = await sql.all(`SELECT * FROM "Rebuild" WHERE "tenantId" = ? AND "state" = 'RUNNING'`, [
    tenantId,
  ])
  return row && toJob(row)
}

const sameWork = (a: RebuildOptions, b: RebuildOptions): boolean =>
  a.dryRun === b.dryRun &&
  a.from === b.from &&
  [...a.detectors].sort().join() === [...b.detectors].sort().join()

/**
 * Notes that a tenant is to be rebuilt: whoever runs rebuilds takes it up.
 * @param id of a new job
 * @returns the new job, or the one that runs already for the very same
 * @throws PublicError CONFLICT while another one runs, NOT_FOUND
 */
export function startRebuild(
  { sql, tenantId }: Pick<Scope, 'sql' | 'tenantId'>,
  wanted: RebuildOptions,
  { id, now }: { id: string; now: Date },
): Promise<RebuildJob> {
  return sql.write(async (tx) => {
    // The row is the lock: nobody else begins.
    const [tenant] = await tx.all(
      'UPDATE "Claim" SET "failures" = "failures" WHERE "tenantId" = ? RETURNING "tenantId"',
      [tenantId],
    )
    if (tenant === undefined) throw new PublicError('NOT_FOUND', `There is no tenant ${tenantId}.`)
    const running = await runningJob(tx, tenantId)
    if (running !== undefined) {
      if (sameWork(running.options, wanted)) return running
      throw new PublicError('CONFLICT', `Another rebuild of this tenant is running: ${running.id}.`)
    }
    await clearRebuild(tx, tenantId, true)
    await tx.insert(
      { table: 'Rebuild', columns: ['tenantId', 'id', 'state', 'options', 'progress', 'startedAt'] },
      [[tenantId, id, 'RUNNING', JSON.stringify(wanted), JSON.stringify(NOTHING_YET), now]],
    )
    const job = await readJob(tx, tenantId, id)
    if (job === undefined) throw new Error(`the rebuild ${id} was not stored`)
    return job
  })
}

/** Milliseconds that whoever works on a rebuild is waited for. Each slice renews it, and takes a small part of it. */
const LEASE = 15_000

/** Who works on a rebuild. */
export interface Lease {
  tenantId: string
  id: string
  holder: string
}

/** @returns whether the rebuild is the holder's now; not while somebody else works on it, nor once it has ended */
export async function takeLease(
  database: Database,
  { tenantId, id, holder }: Lease,
  now: Date,
): Promise<boolean> {
  const taken = await scopeTo(database, tenantId).sql.write((tx) =>
    tx.run(
      `UPDATE "Rebuild" SET "leaseHolder" = ?, "leaseUntil" = ?
       WHERE "tenantId" = ? AND "id" = ? AND "state" = 'RUNNING' AND ("leaseUntil" IS NULL OR "leaseUntil" <= ?)`,
      [holder, new Date(now.getTime() + LEASE), tenantId, id, now],
    ),
  )
  return taken > 0
}

/** Gives it back, for another to go on with at once. */
export async function releaseLease(database: Database, { tenantId, id, holder }: Lease): Promise<void> {
  await scopeTo(database, tenantId).sql.write((tx) =>
    tx.run(
      'UPDATE "Rebuild" SET "leaseHolder" = NULL, "leaseUntil" = NULL WHERE "tenantId" = ? AND "id" = ? AND "leaseHolder" = ?',
      [tenantId, id, holder],
    ),
  )
}

/** Somebody else has gone on with the rebuild, or it is gone with its tenant. */
export class LeaseLost extends Error {}

/**
 * Notes how far the rebuild is, in the transaction of what was judged up to there.
 * @throws LeaseLost
 */
export async function noteProgress(
  tx: Writer,
  { tenantId, id, holder }: Lease,
  reached: RebuildProgress,
  now: Date,
): Promise<void> {
  const changed = await tx.run(
    `UPDATE "Rebuild" SET "progress" = ?, "read" = ?, "leaseUntil" = ?
     WHERE "tenantId" = ? AND "id" = ? AND "leaseHolder" = ? AND "state" = 'RUNNING'`,
    [JSON.stringify(reached), reached.events, new Date(now.getTime() + LEASE), tenantId, id, holder],
  )
  if (changed === 0) throw new LeaseLost()
}

export interface RebuildEnd {
  state: 'DONE' | 'FAILED'
  error?: string
  result?: string
  read?: number
  stored?: number
  now: Date
}

/** @throws LeaseLost */
export async function finishRebuild(
  tx: Writer,
  { tenantId, id, holder }: Lease,
  { state, error, result, read, stored, now }: RebuildEnd,
): Promise<void> {
  await clearRebuild(tx, tenantId, false)
  const changed = await tx.run(
    `UPDATE "Rebuild" SET "state" = ?, "error" = ?, "result" = ?, "read" = COALESCE(?, "read"), "stored" = ?,
       "finishedAt" = ?,
       "leaseHolder" = NULL, "leaseUntil" = NULL
     WHERE "tenantId" = ? AND "id" = ? AND "leaseHolder" = ? AND "state" = 'RUNNING'`,
    [state, error ?? null, result ?? null, read ?? null, stored ?? 0, now, tenantId, id, holder],
  )
  if (changed === 0) throw new LeaseLost()
}

/** Rebuilds that run and nobody works on, of tenants that are served. */
export async function waitingRebuilds(
  { sql }: Database,
  now: Date,
  limit: number,
): Promise<Pick<Lease, 'tenantId' | 'id'>[]> {
  const rows = await sql.all(
    `SELECT r."tenantId", r."id" FROM "Rebuild" r JOIN "Tenant" t ON t."id" = r."tenantId"
     WHERE r."state" = 'RUNNING' AND (r."leaseUntil" IS NULL OR r."leaseUntil" <= ?)
       AND ${SERVED} ORDER BY r."startedAt" LIMIT ${limit}`,
    [now],
  )
  return rows.map((row) => ({ tenantId: text(row['tenantId']), id: text(row['id']) }))
}

/** A rebuild that cannot be finished ends with what is to be told of it; one that somebody else goes on with does not. */
export async function failRebuild(
  database: Database,
  lease: Lease,
  error: unknown,
  now: Date,
): Promise<void> {
  if (!(error instanceof PublicError)) return
  await scopeTo(database, lease.tenantId)
    .sql.write((tx) => finishRebuild(tx, lease, { state: 'FAILED', error: error.message, now }))
    .catch((failure: unknown) => {
      if (!(failure instanceof LeaseLost)) throw failure
    })
}

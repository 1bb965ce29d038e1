import { z } from 'zod'
import type { ImportJob, StripeConnection } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'
import { type Granted, isGranted, readGranted } from './permissions.ts'
import type { Span } from './probe.ts'

const span = z.object({ from: z.number(), to: z.number() })

/** What a job was asked for. */
export type JobOptions = z.infer<typeof span>

/** How far a list is read: after this object. */
export const place = z.object({
  after: z.object({ id: z.string(), created: z.number() }).nullable(),
  done: z.boolean(),
})
export type ListPlace = z.infer<typeof place>

/** By name of the list, how many of the events count for what is proven, and the rebuild that judges them where one has to. */
const progress = z.object({
  lists: z.record(z.string(), place),
  /** Lists that the key may not read, and the permission that each needs. */
  refused: z.record(z.string(), z.string()).default({}),
  counted: z.number(),
  rebuild: z.string().nullable().default(null),
})
export type JobProgress = z.infer<typeof progress>

export const readOptions = (job: Pick<ImportJob, 'options'>): JobOptions =>
  span.parse(JSON.parse(job.options))
export const readProgress = (job: Pick<ImportJob, 'progress'>): JobProgress =>
  progress.parse(JSON.parse(job.progress))

const NOTHING_READ: JobProgress = { lists: {}, refused: {}, counted: 0, rebuild: null }

/** An import that was broken off goes on; else a new one begins. */
export async function beginImport(
  { db, tenantId, transaction }: Scope,
  clock: WallClock,
  connection: StripeConnection,
  { events, history }: { events: Span; history: Span | null },
): Promise<void> {
  const now = clock.now()
  const { id: connectionId, reconcileAt } = connection
  if (reconcileAt === null) {
    await transaction(async (tx) => {
      await takeUpRefused(tx, connection, readGranted(connection.permissions), now)
      await resumeImports(tx, connection, now)
    })
    if ((await countJobs(db, connection, 'RUNNING', 'DONE')) > 0) return
  }
  const job = (kind: 'BACKFILL' | 'HISTORY', { from, to }: Span) => ({
    tenantId,
    id: newId('imp'),
    connectionId,
    kind,
    state: 'RUNNING',
    startedAt: now,
    updatedAt: now,
    options: JSON.stringify({ from, to } satisfies JobOptions),
    progress: JSON.stringify(NOTHING_READ),
  })
  await transaction(async (tx) => {
    await tx.stripeConnection.updateMany({
      where: { tenantId, id: connectionId },
      data: { reconcileAt: null },
    })
    await tx.importJob.create({ data: job('BACKFILL', events) })
    if (history !== null) await tx.importJob.create({ data: job('HISTORY', history) })
  })
}

/** Lets the imports go on that ended because Stripe refused the key: it works again, or is another one. */
export async function resumeImports(
  db: TenantClient,
  { tenantId, id: connectionId }: Pick<StripeConnection, 'tenantId' | 'id'>,
  now: Date,
): Promise<void> {
  await db.importJob.updateMany({
    where: { tenantId, connectionId, state: 'FAILED' },
    data: { state: 'RUNNING', error: null, finishedAt: null, updatedAt: now },
  })
}

/** How many imports of a connection are in one of these states. */
export const countJobs = (
  db: TenantClient,
  { tenantId, id: connectionId }: Pick<StripeConnection, 'tenantId' | 'id'>,
  ...states: ('RUNNING' | 'FAILED' | 'DONE')[]
): Promise<number> => db.importJob.count({ where: { tenantId, connectionId, state: { in: states } } })

/** Notes the rebuild that has to follow an import. */
export async function noteRebuild(
  { transaction, tenantId }: Scope,
  id: string,
  rebuild: string,
): Promise<void> {
  await transaction(async (tx) => {
    const job = await tx.importJob.findFirst({ where: { tenantId, id } })
    if (job === null) return
    const progress = JSON.stringify({ ...readProgress(job), rebuild } satisfies JobProgress)
    await tx.importJob.updateMany({ where: { tenantId, id }, data: { progress } })
  })
}

/** The job of a kind that is to be worked on. */
export const runningJob = (
  { db, tenantId }: Scope,
  connectionId: string,
  kind: 'BACKFILL' | 'HISTORY',
): Promise<ImportJob | null> =>
  db.importJob.findFirst({
    where: { tenantId, connectionId, kind, state: 'RUNNING' },
    orderBy: { startedAt: 'asc' },
  })

/** The newest job of a kind. */
export const newestJob = (
  { db, tenantId }: { db: TenantClient; tenantId: string },
  connectionId: string,
  kind: 'BACKFILL' | 'HISTORY',
): Promise<ImportJob | null> =>
  db.importJob.findFirst({
    where: { tenantId, connectionId, kind },
    orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
  })

/**
 * What a key could not read goes on with one that may.
 * @param before what the very same key was allowed before; with it alone it was refused for another reason
 */
export async function takeUpRefused(
  db: TenantClient,
  { tenantId, id: connectionId }: Pick<StripeConnection, 'tenantId' | 'id'>,
  permissions: Granted,
  now: Date,
  before: Granted = [],
): Promise<void> {
  const isNews = (permission: string): boolean =>
    isGranted(permissions, permission) && !isGranted(before, permission)
  const jobs = [
    await newestJob({ db, tenantId }, connectionId, 'BACKFILL'),
    await newestJob({ db, tenantId }, connectionId, 'HISTORY'),
  ]
  const again = jobs.filter(
    (job) => job?.state === 'DONE' && Object.values(readProgress(job).refused).some(isNews),
  )
  if (again.length === 0) return
  await db.stripeConnection.updateMany({
    where: { tenantId, id: connectionId },
    data: { reconcileAt: null },
  })
  await db.importJob.updateMany({
    where: { tenantId, id: { in: again.flatMap((job) => job?.id ?? []) } },
    data: { state: 'RUNNING', finishedAt: null, updatedAt: now },
  })
}

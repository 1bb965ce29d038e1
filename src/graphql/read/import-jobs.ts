import type { ImportJob } from '../../generated/sqlite/client.ts'
import { type RebuildJob, readJob, readJobs } from '../../storage/rebuild/jobs.ts'
import type { Scope } from '../../storage/scope/scope.ts'

export const IMPORT_KINDS = ['BACKFILL', 'HISTORY', 'REBUILD'] as const
export const IMPORT_STATES = ['RUNNING', 'DONE', 'FAILED'] as const

/** A job as it is shown. */
export interface JobView {
  id: string
  kind: (typeof IMPORT_KINDS)[number]
  state: (typeof IMPORT_STATES)[number]
  read: number
  stored: number
  startedAt: Date
  finishedAt: Date | null
  error: string | null
  result: unknown
}

export const rebuildView = (job: RebuildJob): JobView => {
  const { id, state, read, stored, startedAt, finishedAt, error } = job
  const result: unknown = job.result === null ? null : JSON.parse(job.result)
  return { id, kind: 'REBUILD', state, read, stored, startedAt, finishedAt, error, result }
}

function importView(job: ImportJob): JobView {
  const { id, read, stored, startedAt, finishedAt, error } = job
  const kind = IMPORT_KINDS.find((known) => known === job.kind) ?? 'BACKFILL'
  const state = IMPORT_STATES.find((known) => known === job.state) ?? 'FAILED'
  return { id, kind, state, read, stored, startedAt, finishedAt, error, result: null }
}

export async function readImportJob({ sql, db, tenantId }: Scope, id: string): Promise<JobView | undefined> {
  const rebuild = await readJob(sql, tenantId, id)
  if (rebuild !== undefined) return rebuildView(rebuild)
  const job = await db.importJob.findFirst({ where: { tenantId, id } })
  return job === null ? undefined : importView(job)
}

const SHOWN = 20

/** The newest imports of a connection and rebuilds of its tenant, which judge them, newest first. */
export async function latestImports(
  { sql, db, tenantId }: Scope,
  connectionId: string,
): Promise<readonly JobView[]> {
  const imports = await db.importJob.findMany({
    where: { tenantId, connectionId },
    orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    take: SHOWN,
  })
  const rebuilds = await readJobs(sql, tenantId, SHOWN)
  return [...imports.map(importView), ...rebuilds.map(rebuildView)]
    .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .slice(0, SHOWN)
}

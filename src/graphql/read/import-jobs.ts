import { type RebuildJob, readJob } from '../../storage/rebuild/jobs.ts'
import type { Scope } from '../../storage/scope/scope.ts'

/** A job as it is shown. */
export interface JobView {
  id: string
  kind: 'BACKFILL' | 'HISTORY' | 'REBUILD'
  state: 'RUNNING' | 'DONE' | 'FAILED'
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

export async function readImportJob({ sql, tenantId }: Scope, id: string): Promise<JobView | undefined> {
  const job = await readJob(sql, tenantId, id)
  return job && rebuildView(job)
}

import type { ImportJob, StripeConnection } from '../generated/sqlite/client.ts'
import { newId } from '../ids.ts'
import { judgeImported } from '../pipeline/imported.ts'
import { rebuildAll } from '../pipeline/rebuild/rebuild-now.ts'
import type { ReplayParts } from '../pipeline/stored-replay.ts'
import { readJob } from '../storage/rebuild/jobs.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { newestJob, noteRebuild, readProgress } from './jobs.ts'

export interface JudgingParts extends ReplayParts {
  scope: Scope
  signal?: AbortSignal | undefined
  onJudged(events: number): void
}

/**
 * Judges the past that an import has fetched: of a stream that nothing is judged of yet in its order, and else by a rebuild,
 * until which the stream goes on being judged as it stands. Broken off it goes on where it was.
 * @throws PublicError when the rebuild cannot be finished now
 */
export async function judgePast(parts: JudgingParts, { id }: StripeConnection): Promise<void> {
  const { scope, signal, onJudged } = parts
  const job = await newestJob(scope, id, 'BACKFILL')
  if (job === null) return
  const follow = async (rebuild: string): Promise<void> => {
    try {
      await rebuildAll(parts, { tenantId: scope.tenantId, id: rebuild, signal, onProgress: onJudged })
    } catch (error) {
      // The next attempt is another one.
      if (!signal?.aborted) await noted(scope, job)
      throw error
    }
  }
  let { rebuild } = readProgress(job)
  // One that was begun does not know of what was read since.
  if (rebuild !== null && (await readJob(scope.sql, scope.tenantId, rebuild)) !== undefined) {
    await follow(rebuild)
    rebuild = null
  }
  await judgeImported(parts, scope.tenantId, {
    onProgress: (events) => {
      signal?.throwIfAborted()
      onJudged(events)
    },
    // Noted first: once the events are marked nothing else tells that they are not judged.
    onPast: async () => {
      rebuild ??= await noted(scope, job)
    },
  })
  if (rebuild !== null) await follow(rebuild)
}

async function noted(scope: Scope, job: ImportJob): Promise<string> {
  const rebuild = newId('imp')
  await noteRebuild(scope, job.id, rebuild)
  return rebuild
}

/** Anomalies of the past that a connection's import has found. */
export async function importedAnomalies(scope: Scope, { id, endpointId }: StripeConnection): Promise<number> {
  const { db, tenantId } = scope
  const job = await newestJob(scope, id, 'BACKFILL')
  if (job === null) return 0
  const streams = await db.stream.findMany({ where: { tenantId, endpointId }, select: { id: true } })
  return db.anomaly.count({
    where: {
      tenantId,
      origin: 'HISTORY',
      createdAt: { gte: job.startedAt },
      stream: { in: streams.map((stream) => stream.id) },
    },
  })
}

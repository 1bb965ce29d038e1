import type { Bus } from '../bus/bus.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { judgeBatch } from '../detection/engine/batch.ts'
import { newId } from '../ids.ts'
import type { Database } from '../storage/database.ts'
import {
  type JudgedWork,
  type Recorded,
  type Search,
  ServingError,
  type TenantWork,
  type WorkClaim,
} from '../storage/detection/claims.ts'
import { WorkSource } from '../storage/detection/work-source.ts'
import { isDataFailure } from '../storage/failures.ts'
import { othersFirst, toSeconds } from '../time.ts'
import { noTracer, type Tracer } from '../tracing/tracer.ts'
import { narrowDown } from './narrowing.ts'

export interface PipelineParts {
  database: Database
  bus: Bus
  detectors: readonly AnyDetector[]
  tracer?: Tracer
}

export interface Pipeline extends PipelineParts {
  work: WorkSource
}

/** What it remembers of tenants is for these detectors alone. */
export const createPipeline = (parts: PipelineParts): Pipeline => ({
  ...parts,
  work: new WorkSource(parts.database),
})

const tracerOf = ({ tracer = noTracer }: Pipeline): Tracer => tracer

/** What was judged, and when each of its events had arrived. */
export interface Judged extends Recorded {
  arrivals: readonly Date[]
}

/**
 * The second half of an event's way; the first ends in ingest/commit.ts, where it was stored and a wake left for us.
 * Tenants with work are claimed; what waits is read and judged, with the time that has passed; what came of it is
 * recorded; and those who listen are notified.
 * @param passOver tenants that are left to other processes
 * @returns one for each tenant that was served; none when nobody has work
 * @throws ServingError with a tenant whose work failed: the others are served once it waits
 */
export async function judgeDue(
  pipeline: Pipeline,
  now: Date,
  passOver: readonly string[] = [],
): Promise<Judged[]> {
  for (;;) {
    const claim = await pipeline.work.claim({ now, passOver })
    if (claim === undefined) return []
    const judged = await tracerOf(pipeline).span('pass', { tenants: claim.tenants.length }, async (span) => {
      const served = await serve(pipeline, claim, now).catch((error: unknown) =>
        serveNarrowed(pipeline, error, now),
      )
      span.set({ events: served.reduce((sum, { arrivals }) => sum + arrivals.length, 0) })
      return served
    })
    if (judged.length > 0) return judged
    // All of them were served by another process, or changed while they were judged: whoever is due now is next.
  }
}

/** Tenants whose reads go to a server together; between groups others have their turn. */
const JUDGED_TOGETHER = 8

async function serve(pipeline: Pipeline, claim: WorkClaim, now: Date): Promise<Judged[]> {
  const { bus, detectors } = pipeline
  try {
    const judged: (JudgedWork & { arrivals: Date[] })[] = []
    for (let at = 0; at < claim.tenants.length; at += JUDGED_TOGETHER) {
      const group = claim.tenants.slice(at, at + JUDGED_TOGETHER)
      judged.push(...(await Promise.all(group.map((work) => judgeTenant(detectors, work, now)))))
      await othersFirst()
    }
    const recorded = await tracerOf(pipeline).span('record', { tenants: judged.length }, () =>
      claim.record(judged),
    )
    const grown = recorded.filter(({ acts }) => acts > 0)
    await tracerOf(pipeline).span('notify', { feeds: grown.length }, async () => {
      for (const { tenantId } of grown) bus.publish(`feed:${tenantId}`)
    })
    const arrivals = new Map(judged.map((one) => [one.work.tenantId, one.arrivals]))
    return recorded.map((one) => ({ ...one, arrivals: arrivals.get(one.tenantId) ?? [] }))
  } finally {
    await claim.release()
  }
}

async function judgeTenant(detectors: readonly AnyDetector[], work: TenantWork, now: Date) {
  try {
    const events = await work.memory.pendingEvents(work.stripeIds)
    const outcome = await judgeBatch(detectors, work.memory, {
      events,
      now: toSeconds(now),
      origin: 'LIVE',
      wall: now,
      newId: () => newId('anm'),
    })
    return { work, outcome, arrivals: events.map(({ receivedAt }) => receivedAt) }
  } catch (error) {
    throw new ServingError(work.tenantId, error)
  }
}

/** What the database refuses because of its data is found and marked; the rest of that tenant's work is done. */
async function serveNarrowed(pipeline: Pipeline, error: unknown, now: Date): Promise<Judged[]> {
  if (!(error instanceof ServingError) || !isDataFailure(error.cause)) throw error
  const { tenantId } = error
  return [
    await narrowDown(pipeline.database, tenantId, now, (stripeIds) =>
      serveApart(pipeline, { now, apart: { tenantId, stripeIds } }),
    ),
  ]
}

/** Somebody else goes on changing the tenant: whoever comes next tries again. */
const ATTEMPTS = 10

/** @returns undefined when another process has taken the tenant, or it has no work any more */
async function serveApart(pipeline: Pipeline, search: Search): Promise<Judged | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const claim = await pipeline.work.claim(search)
    if (claim === undefined) return undefined
    const [judged] = await serve(pipeline, claim, search.now)
    if (judged !== undefined) return judged
  }
  return undefined
}

import { expect } from 'vitest'
import { newId } from '../../src/ids.ts'
import type { PipelineParts } from '../../src/pipeline/pass.ts'
import { type RebuildOptions as Running, rebuild } from '../../src/pipeline/rebuild/rebuild.ts'
import { type Lease, type RebuildOptions, startRebuild, takeLease } from '../../src/storage/rebuild/jobs.ts'
import type { Scope } from '../../src/storage/scope/scope.ts'

interface Tenant {
  id: string
  scope: Scope
}

export const EVERYTHING: RebuildOptions = {
  detectors: [],
  from: null,
  dryRun: false,
  actor: { kind: 'OPERATOR', name: 'test' },
}

/** Rebuilds tenants as a command or a server does. */
export function rebuildingOn(pipeline: PipelineParts) {
  const { database } = pipeline
  const parts = { ...pipeline, clock: { now: () => new Date() } }

  /** @param now wall clock: a lease is waited for that somebody else has */
  async function begin(
    { id: tenantId, scope }: Tenant,
    wanted: Partial<RebuildOptions> = {},
    now = new Date(),
  ): Promise<Lease> {
    const { id } = await startRebuild(scope, { ...EVERYTHING, ...wanted }, { id: newId('imp'), now })
    const lease = { tenantId, id, holder: newId('imp') }
    expect(await takeLease(database, lease, now)).toBe(true)
    return lease
  }

  async function rebuilt(tenant: Tenant, wanted?: Partial<RebuildOptions>, running?: Running) {
    const result = await rebuild(parts, await begin(tenant, wanted), running)
    if (result === undefined) throw new Error('it was stopped')
    return result
  }

  return { parts, begin, rebuilt }
}

/** All that detection remembers of a tenant, and what it has recorded, but for when that was. */
export async function memoryOf({ scope: { db } }: Tenant) {
  const own = { NOT: { stream: { startsWith: 'rebuild:' } } }
  const anomalies = await db.anomaly.findMany({ orderBy: { seq: 'asc' } })
  return {
    states: await db.detectorState.findMany({
      where: own,
      orderBy: [{ stream: 'asc' }, { detector: 'asc' }, { key: 'asc' }],
    }),
    held: await db.heldEvent.findMany({ where: own, orderBy: { stripeId: 'asc' } }),
    streams: await db.stream.findMany({ orderBy: { id: 'asc' } }),
    anomalies: anomalies.map(({ changedSeq, updatedAt, resolvedAt, ...one }) => ({
      ...one,
      folding: one.folding.replaceAll(/anm_\w+/g, ''),
    })),
  }
}

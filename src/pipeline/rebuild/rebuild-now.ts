import { setTimeout as sleep } from 'node:timers/promises'
import { SYSTEM } from '../../actor.ts'
import { PublicError } from '../../errors.ts'
import { randomBase62 } from '../../ids.ts'
import {
  failRebuild,
  LeaseLost,
  type RebuildJob,
  readJob,
  releaseLease,
  startRebuild,
  takeLease,
} from '../../storage/rebuild/jobs.ts'
import { scopeTo } from '../../storage/scope/scope.ts'
import { type RebuildOptions, rebuild } from './rebuild.ts'
import type { RebuildParts } from './run.ts'

/** Milliseconds between two looks at a rebuild that somebody else works on. */
const LOOK_EVERY = 250

export interface WholeRebuild {
  tenantId: string
  /** Of its own: called once more after a crash it goes on with the very same, or finds it done. */
  id: string
  signal?: AbortSignal | undefined
  onProgress?: RebuildOptions['onProgress']
}

/**
 * Judges all of a tenant's past anew, here or where somebody else has taken it up, and waits for the end. Another rebuild of
 * the tenant is waited for first.
 * @throws PublicError when it cannot be finished; what `signal` is aborted with
 */
export async function rebuildAll(parts: RebuildParts, wanted: WholeRebuild): Promise<void> {
  const { tenantId, id, signal } = wanted
  const { sql } = scopeTo(parts.database, tenantId)
  for (;;) {
    signal?.throwIfAborted()
    const job = (await readJob(sql, tenantId, id)) ?? (await begin(parts, wanted))
    if (job?.state === 'DONE') return
    if (job?.state === 'FAILED') throw new PublicError('CONFLICT', job.error ?? 'the rebuild has failed')
    if (job === undefined || !(await workOn(parts, wanted))) await sleep(LOOK_EVERY, undefined, { signal })
  }
}

/** @returns undefined while another one runs */
async function begin(
  { database, clock }: RebuildParts,
  { tenantId, id }: WholeRebuild,
): Promise<RebuildJob | undefined> {
  const everything = { detectors: [], from: null, dryRun: false, actor: SYSTEM }
  try {
    const job = await startRebuild(scopeTo(database, tenantId), everything, { id, now: clock.now() })
    return job.id === id ? job : undefined
  } catch (error) {
    if (error instanceof PublicError && error.code === 'CONFLICT') return undefined
    throw error
  }
}

/** @returns whether it was taken up here; not while somebody else works on it */
async function workOn(
  parts: RebuildParts,
  { tenantId, id, signal, onProgress = () => {} }: WholeRebuild,
): Promise<boolean> {
  const { database, clock } = parts
  const lease = { tenantId, id, holder: randomBase62(10) }
  if (!(await takeLease(database, lease, clock.now()))) return false
  try {
    const stop = () => signal?.aborted ?? false
    if ((await rebuild(parts, lease, { onProgress, stop })) === undefined) await releaseLease(database, lease)
  } catch (error) {
    if (!(error instanceof LeaseLost)) await failRebuild(database, lease, error, clock.now())
    if (!(error instanceof LeaseLost) && !(error instanceof PublicError)) throw error
  }
  return true
}

import type { Lease } from '../../storage/rebuild/jobs.ts'
import { othersFirst, stopwatch } from '../../time.ts'
import { finish } from './finish.ts'
import type { RebuildResult } from './result.ts'
import { type RebuildParts, Run, SLICE } from './run.ts'

export interface RebuildOptions {
  /** Called after each slice with the events judged so far. */
  onProgress?: (events: number) => void | Promise<void>
  /** Rests for as long as each slice took: half of the time is for others. */
  gently?: boolean
  /** Asked between slices; what is stopped is gone on with later. */
  stop?: () => boolean
  /** Events of a slice, about. */
  slice?: number
}

/**
 * Judges a tenant's past anew from the facts that are kept, beside what goes on being judged, and puts the result in its
 * place in one commit. Each slice is committed with how far it is: whoever takes the lease next goes on there.
 * @returns undefined when it was stopped
 * @throws PublicError CONFLICT when it cannot be finished, LeaseLost when another goes on with it or the tenant is gone
 */
export async function rebuild(
  parts: RebuildParts,
  lease: Lease,
  { onProgress = () => {}, gently = false, stop = () => false, slice = SLICE }: RebuildOptions = {},
): Promise<RebuildResult | undefined> {
  const run = await Run.resume(parts, lease, slice)
  while (!stop()) {
    const began = stopwatch()
    if (!(await run.step())) {
      const end = await finish(parts, lease, slice)
      if (end === 'changed') await run.beginAnew()
      else if (end !== 'more') return end
    }
    await onProgress(run.events)
    await (gently ? rest(stopwatch() - began) : othersFirst())
  }
  return undefined
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

import { acceptedInTheEnd, allJudged, stored, truthful, up } from './checks.ts'
import type { Check } from './fault.ts'
import type { SteadyLoad } from './load.ts'
import type { Cluster } from './rig.ts'
import { likeUndisturbed } from './undisturbed.ts'

/**
 * Ends a load that repeats, once the fault is over, and looks whether all is as if there had been none.
 * @param further statuses that were true as well
 */
export async function afterwards(
  cluster: Cluster,
  load: SteadyLoad,
  further: readonly number[] = [],
): Promise<Check[]> {
  const checks = await settled(cluster, load, further)
  return [...checks, ...(await likeUndisturbed(cluster, load))]
}

/**
 * Ends a load that repeats, and looks whether nothing is lost or counted twice.
 * @param further statuses that were true as well
 */
async function settled(
  cluster: Cluster,
  load: SteadyLoad,
  further: readonly number[] = [],
): Promise<Check[]> {
  const ready = await up(cluster)
  await load.stop()
  const judged = await allJudged(cluster)
  return [acceptedInTheEnd(load), truthful(load, further), judged, await stored(cluster, load), ready]
}

import { DETECTOR_NAMES, type DetectorName } from '../detection/detector.ts'
import type { Database } from '../storage/database.ts'
import { countActive, type GoingOn, goingOn } from '../storage/trouble.ts'
import { DAY, HOUR, type WallClock } from '../time.ts'

/** The same at so many tenants that it is nobody's own doing. */
export interface SharedTrouble {
  detector: DetectorName
  /** When it began at the first of them. */
  startedAt: Date
  tenants: number
  /** Tenants that have had deliveries within a day: among so many. */
  of: number
}

/** Fewer tenants may have the same trouble by chance. */
const LEAST = 5
/** Milliseconds within which it began at all of them. */
const TOGETHER = HOUR * 1_000

/** What began at several tenants within an hour and goes on, that of most tenants first. Across tenants: the operator's. */
export async function sharedTrouble({ sql }: Database, clock: WallClock): Promise<SharedTrouble[]> {
  const since = new Date(clock.now().getTime() - DAY * 1_000)
  const all = await goingOn(sql, since)
  const active = await countActive(sql, since)
  return DETECTOR_NAMES.flatMap((detector) => {
    const most = largestGroup(all.filter((one) => one.detector === detector))
    return most === undefined ? [] : [{ detector, ...most, of: Math.max(active, most.tenants) }]
  }).sort((a, b) => b.tenants - a.tenants)
}

/** The hour in which it began at most tenants; undefined where those are too few. */
function largestGroup(found: readonly GoingOn[]): { startedAt: Date; tenants: number } | undefined {
  const sorted = found.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
  let most: { startedAt: Date; tenants: number } | undefined
  /** Of each tenant, how many of its anomalies lie in the present hour. */
  const within = new Map<string, number>()
  let first = 0
  for (const { tenantId, startedAt } of sorted) {
    within.set(tenantId, (within.get(tenantId) ?? 0) + 1)
    for (let left = sorted[first]; left && startedAt.getTime() - left.startedAt.getTime() > TOGETHER; ) {
      const count = (within.get(left.tenantId) ?? 1) - 1
      if (count === 0) within.delete(left.tenantId)
      else within.set(left.tenantId, count)
      first += 1
      left = sorted[first]
    }
    const start = sorted[first]
    if (start && within.size >= LEAST && within.size > (most?.tenants ?? 0))
      most = { startedAt: start.startedAt, tenants: within.size }
  }
  return most
}

import type { Database } from '../storage/database.ts'
import { type Recorded, ServingError } from '../storage/detection/claims.ts'
import { markUnsaved, waitingEvents } from '../storage/detection/unsaved.ts'
import { isDataFailure } from '../storage/failures.ts'

type Served = Recorded & { arrivals: readonly Date[] }

/**
 * Serves a tenant whose work could not be recorded because of its data: it is halved until the events are found that
 * do it. They are marked as failed, with the reason; all others are judged, in their order.
 * @param serve judges some of the events, with the time that has passed; undefined when another process has the tenant
 * @throws ServingError when it is not the data, or when even the time alone cannot be recorded: no event is to blame then
 */
export async function narrowDown(
  database: Database,
  tenantId: string,
  now: Date,
  serve: (stripeIds: readonly string[]) => Promise<Served | undefined>,
): Promise<Served> {
  const total = nothing(tenantId)
  /** @returns false when another process has taken the tenant */
  const attempt = async (stripeIds: readonly string[]): Promise<boolean> => {
    const served = await serve(stripeIds)
    if (served !== undefined) add(total, served)
    return served !== undefined
  }
  const narrow = async (stripeIds: readonly string[]): Promise<boolean> => {
    if (stripeIds.length === 0) return true
    try {
      return await attempt(stripeIds)
    } catch (error) {
      if (!(error instanceof ServingError) || !isDataFailure(error.cause)) throw error
      const [only] = stripeIds
      if (stripeIds.length === 1 && only !== undefined) {
        const { cause } = error
        total.outcome.marks.push(await markUnsaved(database, tenantId, only, { cause, now }))
        return true
      }
    }
    const half = Math.ceil(stripeIds.length / 2)
    return (await narrow(stripeIds.slice(0, half))) && (await narrow(stripeIds.slice(half)))
  }
  if (await attempt([])) await narrow(await waitingEvents(database, tenantId, now))
  return total
}

interface Total extends Recorded {
  arrivals: Date[]
}

const nothing = (tenantId: string): Total => ({
  tenantId,
  acts: 0,
  arrivals: [],
  outcome: { streams: [], objects: new Map(), metrics: [], marks: [], late: 0, brokenTimers: [] },
})

function add(total: Total, { outcome, acts, arrivals }: Served): void {
  total.acts += acts
  total.arrivals.push(...arrivals)
  total.outcome.streams.push(...outcome.streams)
  total.outcome.marks.push(...outcome.marks)
  total.outcome.late += outcome.late
  total.outcome.brokenTimers.push(...outcome.brokenTimers)
}

import type { Bus } from '../bus/bus.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { judgeBatch } from '../detection/engine/batch.ts'
import { newId } from '../ids.ts'
import type { Database } from '../storage/database.ts'
import { type Judge, type Served, ServingError, serveNext } from '../storage/detection/claims.ts'
import { serveNarrowed } from '../storage/detection/narrowing.ts'
import { isDataFailure } from '../storage/failures.ts'
import { toSeconds } from '../time.ts'

export interface Pipeline {
  database: Database
  bus: Bus
  detectors: readonly AnyDetector[]
}

/** What was judged, and when each of its events had arrived. */
export interface Judged extends Served {
  arrivals: readonly Date[]
}

/**
 * The second half of an event's way; the first ends in ingest/inbox.ts, where it was stored and a wake left for us.
 * One tenant with work is claimed, its waiting events and the time that has passed are judged, what came of it is
 * recorded, and those who listen are told.
 * @param passOver tenants that are left to other processes
 * @returns undefined when nobody has work
 */
export async function judgeNext(
  { database, bus, detectors }: Pipeline,
  now: Date,
  passOver: readonly string[] = [],
): Promise<Judged | undefined> {
  let arrivals: Date[] = []
  const judge: Judge = async (memory, stripeIds) => {
    const events = await memory.pendingEvents(stripeIds)
    arrivals = events.map(({ receivedAt }) => receivedAt)
    return judgeBatch(detectors, memory, {
      events,
      now: toSeconds(now),
      origin: 'LIVE',
      wall: now,
      newId: () => newId('anm'),
    })
  }
  const served = await serveNext(database, now, judge, passOver).catch((error: unknown) => {
    if (!(error instanceof ServingError) || !isDataFailure(error.cause)) throw error
    return serveNarrowed(database, error.tenantId, now, judge)
  })
  if (served !== undefined && served.acts > 0) bus.publish(`feed:${served.tenantId}`)
  return served && { ...served, arrivals }
}

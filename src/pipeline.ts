import type { Bus } from './bus/bus.ts'
import { judgeBatch } from './detection/batch.ts'
import type { AnyDetector } from './detection/detector.ts'
import { newId } from './ids.ts'
import type { Database } from './storage/database.ts'
import { type Served, serveNext } from './storage/detection/claims.ts'
import { toSeconds } from './time.ts'

export interface Pipeline {
  database: Database
  bus: Bus
  detectors: readonly AnyDetector[]
}

/**
 * The second half of an event's way; the first ends in ingest/inbox.ts, where it was stored and a wake left for us.
 * One tenant with work is claimed, its waiting events and the time that has passed are judged, what came of it is
 * recorded, and those who listen are told.
 * @returns undefined when nobody has work
 */
export async function judgeNext(
  { database, bus, detectors }: Pipeline,
  now: Date,
): Promise<Served | undefined> {
  const served = await serveNext(database, now, async (memory, stripeIds) => {
    const events = await memory.pendingEvents(stripeIds)
    return judgeBatch(detectors, memory, {
      events,
      now: toSeconds(now),
      origin: 'LIVE',
      wall: now,
      newId: () => newId('anm'),
    })
  })
  if (served !== undefined && served.acts > 0) bus.publish(`feed:${served.tenantId}`)
  return served
}

import type { Bus } from '../bus/bus.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { judgeBatch } from '../detection/engine/batch.ts'
import type { HistoricalEvent } from '../detection/engine/events.ts'
import { NewerStateError } from '../detection/engine/states.ts'
import { PublicError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import { saveHistory } from '../storage/detection/history.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import { othersFirst, type Seconds, type WallClock } from '../time.ts'
import { inBatches, ModeGate, REPLAY_BATCH, workOf } from './replay.ts'

export interface ReplayCounts {
  stored: number
  duplicates: number
  /** Stored but not judged, since their stream was judged to long after them. */
  late: number
  anomalies: number
}

export interface ReplayParts {
  database: Database
  bus: Bus
  detectors: readonly AnyDetector[]
  clock: WallClock
}

/**
 * Feeds a history through the pipeline of live events with the clock of the events. What it raises is of origin
 * HISTORY. It may be broken off and run again: known events are duplicates and change nothing.
 * @param onProgress called with the counts after each batch
 * @throws PublicError NOT_FOUND when the tenant is deleted meanwhile: whoever erases it waits for the batch that is under way
 */
export async function storedReplay(
  parts: ReplayParts,
  tenantId: string,
  events: AsyncIterable<HistoricalEvent>,
  {
    onProgress = () => {},
    batch = REPLAY_BATCH,
  }: { onProgress?: (counts: ReplayCounts) => void; batch?: number } = {},
): Promise<ReplayCounts> {
  const counts: ReplayCounts = { stored: 0, duplicates: 0, late: 0, anomalies: 0 }
  let now: Seconds = 0
  for await (const group of inBatches(events, batch)) {
    now = Math.max(now, ...group.map(({ deliveredAt }) => deliveredAt))
    while (!(await replayBatch(parts, tenantId, group, now, counts))) {
      // A live delivery or a person came between: the batch is judged again on what stands now.
    }
    onProgress(counts)
    await othersFirst()
  }
  while (!(await replayBatch(parts, tenantId, [], now, counts, true))) {
    // As above.
  }
  return counts
}

/** @returns false when the tenant changed meanwhile, and nothing was stored */
async function replayBatch(
  { database, bus, detectors, clock }: ReplayParts,
  tenantId: string,
  group: readonly HistoricalEvent[],
  now: Seconds,
  counts: ReplayCounts,
  isLast = false,
): Promise<boolean> {
  const memory = new StoredMemory(scopeTo(database, tenantId).sql, tenantId)
  const standing = await memory.standing()
  if (standing === undefined)
    throw new PublicError('NOT_FOUND', `the tenant ${tenantId} was deleted meanwhile`)
  const { version, live } = standing
  if (isLast && !(await memory.streams()).some(({ hold }) => hold !== null)) return true
  const known = await memory.knownEvents(group.map(({ stripeId }) => stripeId))
  const gate = new ModeGate(live)
  const fresh: { event: HistoricalEvent; judged: boolean }[] = []
  for (const event of group) {
    if (known.has(event.stripeId)) continue
    known.add(event.stripeId)
    fresh.push({ event, judged: gate.admit(event) })
  }
  const wall = clock.now()
  const judged = fresh.filter((one) => one.judged).map(({ event }) => event)
  const outcome = await judgeBatch(detectors, memory, { ...workOf(judged, now, wall), isLast }).catch(
    (error: unknown) => {
      if (!(error instanceof NewerStateError)) throw error
      throw new PublicError(
        'CONFLICT',
        `${error.message}: replay with the version that judges this tenant now`,
      )
    },
  )
  const acts = await saveHistory(database, { tenantId, events: fresh, outcome, version, wall })
  if (acts === undefined) return false
  counts.stored += fresh.length
  counts.duplicates += group.length - fresh.length
  counts.late += outcome.late
  for (const { incidents } of outcome.streams) {
    counts.anomalies += incidents.filter(({ change }) => change === 'ANOMALY_RAISED').length
  }
  if (acts > 0) bus.publish(`feed:${tenantId}`)
  return true
}

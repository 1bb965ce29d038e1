import { judgeBatch } from '../detection/engine/batch.ts'
import type { BatchOutcome } from '../detection/engine/memory.ts'
import { PublicError } from '../errors.ts'
import { saveJudged } from '../storage/detection/history.ts'
import { type ImportedPage, importedEvents } from '../storage/detection/imported.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import { othersFirst, type Seconds } from '../time.ts'
import { REPLAY_BATCH, workOf } from './replay.ts'
import type { ReplayParts } from './stored-replay.ts'

/**
 * Judges what an import has stored and nobody has judged, oldest first, with the clock of the events, as a replay does.
 * What it raises is of origin HISTORY; what was made of older objects teaches only what is usual, and raises nothing. It
 * may be broken off and run again.
 * @param onProgress called with the number of events after each batch
 * @returns how many anomalies were raised
 */
export async function judgeImported(
  parts: ReplayParts,
  tenantId: string,
  onProgress: (judged: number) => void = () => {},
): Promise<number> {
  const { sql } = scopeTo(parts.database, tenantId)
  let [now, judged, anomalies]: [Seconds, number, number] = [0, 0, 0]
  let after: ImportedPage['last']
  for (;;) {
    const page = await importedEvents(sql, tenantId, { after, limit: REPLAY_BATCH })
    if (page.last === undefined) break
    after = page.last
    now = Math.max(now, ...page.events.map(({ deliveredAt }) => deliveredAt))
    anomalies += await judgePage(parts, tenantId, page, now)
    judged += page.events.length
    onProgress(judged)
    await othersFirst()
  }
  // What waits for its backlog to calm down has nothing to wait for.
  if ((await new StoredMemory(sql, tenantId).streams()).some(({ hold, live }) => hold !== null && !live))
    anomalies += await judgePage(parts, tenantId, { events: [], teachesOnly: false, last: undefined }, now)
  return anomalies
}

async function judgePage(
  { database, bus, detectors, clock }: ReplayParts,
  tenantId: string,
  { events, teachesOnly }: ImportedPage,
  now: Seconds,
): Promise<number> {
  for (;;) {
    const memory = new StoredMemory(scopeTo(database, tenantId).sql, tenantId)
    const standing = await memory.standing()
    if (standing === undefined)
      throw new PublicError('NOT_FOUND', `the tenant ${tenantId} was deleted meanwhile`)
    const wall = clock.now()
    const work = { ...workOf(events, now, wall), isLast: events.length === 0 }
    const whole = await judgeBatch(detectors, memory, work)
    const outcome = teachesOnly ? taught(whole) : whole
    const acts = await saveJudged(database, { tenantId, outcome, version: standing.version, wall })
    // A live delivery or a person came between: it is judged again on what stands now.
    if (acts === undefined) continue
    if (acts > 0) bus.publish(`feed:${tenantId}`)
    return outcome.streams
      .flatMap(({ incidents }) => incidents)
      .filter(({ change }) => change === 'ANOMALY_RAISED').length
  }
}

/** Without incidents, and not counted as events that came. */
const taught = (outcome: BatchOutcome): BatchOutcome => ({
  ...outcome,
  streams: outcome.streams.map((stream) => ({ ...stream, incidents: [] })),
  metrics: outcome.metrics.map((delta) => ({ ...delta, events: 0 })),
})

import { judgeBatch, readBatch } from '../detection/engine/batch.ts'
import type { InboxEvent } from '../detection/engine/events.ts'
import { type BatchOutcome, type Stream, streamId } from '../detection/engine/memory.ts'
import { PublicError } from '../errors.ts'
import { saveJudged } from '../storage/detection/history.ts'
import { type ImportedPage, importedEvents } from '../storage/detection/imported.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { scopeTo } from '../storage/scope/scope.ts'
import { othersFirst, type Seconds } from '../time.ts'
import { REPLAY_BATCH, workOf } from './replay.ts'
import type { ReplayParts } from './stored-replay.ts'

export interface ImportedOptions {
  /** Called with the number of events after each batch. */
  onProgress?(done: number): void
  /** Called before events are marked that only a rebuild judges: it has to follow. */
  onPast?(): Promise<void>
}

interface Page extends Pick<ImportedPage, 'events' | 'teachesOnly'> {
  now: Seconds
}

/**
 * Judges what an import has stored and nobody has judged, oldest first, with the clock of the events, as a replay does.
 * What it raises is of origin HISTORY. What is older than what its stream was judged to already is read, and left for a
 * rebuild to judge in its order: the stream goes on being judged as it stands. What was made of older objects teaches only
 * what is usual, and raises nothing. It may be broken off and run again.
 */
export async function judgeImported(
  parts: ReplayParts,
  tenantId: string,
  options: ImportedOptions = {},
): Promise<void> {
  const { sql } = scopeTo(parts.database, tenantId)
  let [now, done]: [Seconds, number] = [0, 0]
  let after: ImportedPage['last']
  for (;;) {
    const page = await importedEvents(sql, tenantId, { after, limit: REPLAY_BATCH })
    if (page.last === undefined) break
    after = page.last
    now = Math.max(now, ...page.events.map(({ deliveredAt }) => deliveredAt))
    await judgePage(parts, tenantId, { ...page, now }, options)
    done += page.events.length
    options.onProgress?.(done)
    await othersFirst()
  }
  // What waits for its backlog to calm down has nothing to wait for.
  if ((await new StoredMemory(sql, tenantId).streams()).some(({ hold, live }) => hold !== null && !live))
    await judgePage(parts, tenantId, { events: [], teachesOnly: false, now }, options)
}

async function judgePage(
  { database, bus, detectors, clock }: ReplayParts,
  tenantId: string,
  { events, teachesOnly, now }: Page,
  { onPast }: ImportedOptions,
): Promise<void> {
  for (;;) {
    const memory = new StoredMemory(scopeTo(database, tenantId).sql, tenantId)
    const standing = await memory.standing()
    if (standing === undefined)
      throw new PublicError('NOT_FOUND', `the tenant ${tenantId} was deleted meanwhile`)
    const { past, next } = await divided(memory, events)
    const wall = clock.now()
    const isLast = events.length === 0
    if (past.length > 0) await onPast?.()
    let outcome = await readBatch(memory, past)
    if (next.length > 0 || isLast) {
      const judged = await judgeBatch(detectors, memory, { ...workOf(next, now, wall), isLast })
      outcome = together(teachesOnly ? withoutIncidents(judged) : judged, outcome)
    }
    const acts = await saveJudged(database, { tenantId, outcome, version: standing.version, wall })
    // A live delivery or a person came between: it is judged again on what stands now.
    if (acts === undefined) continue
    if (acts > 0) bus.publish(`feed:${tenantId}`)
    return
  }
}

/** @returns what is older than what its stream was judged to, and what comes next */
async function divided(
  memory: StoredMemory,
  events: readonly InboxEvent[],
): Promise<{ past: InboxEvent[]; next: InboxEvent[] }> {
  const streams = new Map((await memory.streams()).map((stream) => [stream.id, stream]))
  const isPast = ({ endpointId, account, livemode, deliveredAt }: InboxEvent): boolean => {
    const stream: Stream | undefined = streams.get(streamId(endpointId, account, livemode))
    return stream !== undefined && (stream.live || deliveredAt < stream.clock)
  }
  return { past: events.filter(isPast), next: events.filter((event) => !isPast(event)) }
}

const together = (judged: BatchOutcome, read: BatchOutcome): BatchOutcome => ({
  ...judged,
  objects: new Map([...judged.objects, ...read.objects]),
  metrics: [...judged.metrics, ...read.metrics],
  marks: [...judged.marks, ...read.marks],
})

const withoutIncidents = (outcome: BatchOutcome): BatchOutcome => ({
  ...outcome,
  streams: outcome.streams.map((stream) => ({ ...stream, incidents: [] })),
})

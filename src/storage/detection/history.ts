import type { HistoricalEvent } from '../../detection/engine/events.ts'
import type { BatchOutcome, EventMark } from '../../detection/engine/memory.ts'
import { summarize } from '../../stripe/event.ts'
import { writeFacts } from '../../stripe/kept-facts.ts'
import { toDate } from '../../time.ts'
import type { Database } from '../database.ts'
import { type InboxEvent, insertEvents, markLive } from '../inbox.ts'
import { noteJudged } from '../rebuild/meanwhile.ts'
import { noteOutdated } from '../rebuild/outdated.ts'
import { flag, type Writer } from '../sql.ts'
import { saveOutcome, scheduleTimer } from './saving.ts'

export interface History {
  tenantId: string
  /** Events not stored yet, and whether each was judged. */
  events: readonly { event: HistoricalEvent; judged: boolean }[]
  outcome: BatchOutcome
  /** The claim's version when the tenant's memory was read. */
  version: number
  wall: Date
}

/** Thrown inside the transaction: the tenant has changed since its memory was read. */
class Outdated extends Error {}

/**
 * Stores events together with what judging them gave: a replay that dies half-way has done whole batches only.
 * @returns the acts added to the feed; undefined when the tenant has changed meanwhile and the batch has to be judged again
 */
export const saveHistory = (database: Database, history: History): Promise<number | undefined> =>
  saveUnlessChanged(database, history, async (tx) => {
    const { tenantId, events, outcome, wall } = history
    const rows = rowsOf(events, outcome.marks, wall)
    if ((await insertEvents(tx, tenantId, rows)).size < events.length) throw new Outdated()
    if (events.some(({ event }) => event.livemode)) await markLive(tx, tenantId, wall)
    return { ...outcome, marks: outcome.marks.filter(({ status }) => status === 'FAILED') }
  })

/** The same for events that are stored already and waited to be judged. */
export const saveJudged = (
  database: Database,
  judged: Omit<History, 'events'>,
): Promise<number | undefined> => saveUnlessChanged(database, judged, async () => judged.outcome)

/** @param begin gives what is to be saved, where something comes before */
async function saveUnlessChanged(
  database: Database,
  { tenantId, outcome, version, wall }: Omit<History, 'events'>,
  begin: (tx: Writer) => Promise<BatchOutcome>,
): Promise<number | undefined> {
  try {
    return await database.sqlFor('judging').write(async (tx) => {
      await tx.enter(tenantId)
      const [claimed] = await tx.all(
        'UPDATE "Claim" SET "version" = ? WHERE "tenantId" = ? AND "version" = ? RETURNING "rebuilding"',
        [version + 1, tenantId, version],
      )
      if (claimed === undefined) throw new Outdated()
      const acts = await saveOutcome(tx, tenantId, await begin(tx), wall)
      if (flag(claimed['rebuilding'])) await noteJudged(tx, tenantId, outcome, version + 1)
      await noteOutdated(tx, tenantId, outcome)
      await scheduleTimer(tx, tenantId)
      return acts
    })
  } catch (error) {
    if (error instanceof Outdated) return undefined
    throw error
  }
}

/** The events as they stand once judged, which spares a second look at each; only why one failed is written after. */
function rowsOf(events: History['events'], marks: readonly EventMark[], wall: Date): InboxEvent[] {
  const known = new Map(marks.map((mark) => [mark.stripeId, mark]))
  return events.map(({ event, judged }) => {
    const row: Omit<InboxEvent, 'status'> = {
      endpointId: event.endpointId,
      event: event.envelope,
      summary: summarize(event.envelope),
      receivedAt: toDate(event.deliveredAt),
      payload: typeof event.payload === 'string' ? Buffer.from(event.payload) : event.payload,
      source: 'REPLAY',
    }
    const mark = known.get(event.stripeId)
    if (!judged) return { ...row, status: 'IGNORED' }
    if (mark === undefined || mark.status === 'FAILED') return { ...row, status: 'PENDING' }
    return { ...row, status: mark.status, judged: { processedAt: wall, facts: writeFacts(mark.facts) } }
  })
}

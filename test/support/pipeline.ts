import { randomUUID } from 'node:crypto'
import { memoryBus } from '../../src/bus/memory.ts'
import { DETECTORS } from '../../src/detection/registry.ts'
import { commitBatch } from '../../src/ingest/commit.ts'
import { createPipeline, judgeDue, type PipelineParts } from '../../src/pipeline/pass.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Scope } from '../../src/storage/scope/scope.ts'
import { parseEvent, summarize } from '../../src/stripe/event.ts'
import type { Json } from './stripe/basics.ts'
import { charge } from './stripe/charges.ts'
import { body, event } from './stripe/events.ts'

/** The way of an event over a database, step by step as a test asks for it. */
export function pipelineOn(database: Database) {
  const bus = memoryBus()
  const pipeline = createPipeline({ database, bus, detectors: DETECTORS })

  /**
   * Stores events as the webhook route does, in one commit, as received `lag` seconds after they were created.
   * @param lag of all of them, or of each by its id
   */
  async function deliver(
    { id, endpoint }: { id: string; endpoint: { id: string } },
    events: readonly Json[],
    lag: number | ((id: string) => number) = 1,
  ) {
    const deliveries = events.map((one) => {
      const payload = Buffer.from(body(one))
      const parsed = parseEvent(payload)
      if (parsed === undefined) throw new Error('not an event')
      const after = typeof lag === 'number' ? lag : lag(parsed.id)
      const receivedAt = new Date((parsed.created + after) * 1_000)
      return {
        tenantId: id,
        endpointId: endpoint.id,
        event: parsed,
        summary: summarize(parsed),
        receivedAt,
        payload,
      }
    })
    const now = new Date(Math.max(...deliveries.map(({ receivedAt }) => receivedAt.getTime())))
    return commitBatch(database.sql, deliveries, { knownLive: new Set(), now, wakeId: randomUUID })
  }

  /** Judges until nobody has work, as of a time. */
  async function judgeAll(at: number, over?: Partial<PipelineParts>) {
    const judging = over === undefined ? pipeline : createPipeline({ ...pipeline, ...over })
    const served: string[] = []
    for (let i = 0; i < 100; i += 1) {
      const judged = await judgeDue(judging, new Date(at * 1_000))
      if (judged.length === 0) return served
      served.push(...judged.map(({ tenantId }) => tenantId))
    }
    throw new Error('judging does not come to an end')
  }

  return { bus, pipeline, deliver, judgeAll }
}

export const paid = (at: number, fields: Json = {}, options: Json = {}) =>
  event('charge.succeeded', charge({ created: at, ...fields }), { created: at, ...options })

/** Two equal charges of one customer 5 s apart. */
export const double = (at: number, customer = 'cus_double') => [
  paid(at, { customer }),
  paid(at + 5, { customer }),
]

export const anomaliesOf = ({ scope }: { scope: Scope }) =>
  scope.db.anomaly.findMany({ orderBy: { seq: 'asc' } })

import type { Place } from '../calendar/calendar.ts'
import type { AnyDetector } from '../detection/detector.ts'
import { judgeBatch, type Work } from '../detection/engine/batch.ts'
import type { Choices } from '../detection/engine/choices.ts'
import type { HistoricalEvent, InboxEvent } from '../detection/engine/events.ts'
import { ForgetfulMemory, type RaisedIncident } from '../detection/engine/forgetful.ts'
import { newId } from '../ids.ts'
import { parseJson, readEvent, type StripeEnvelope } from '../stripe/event.ts'
import { fields, id, integer } from '../stripe/read.ts'
import type { Seconds } from '../time.ts'
import { type Dated, withDelivery } from './replay-clock.ts'

/** Events judged and stored together: enough to spread the cost of a commit, few enough that others soon have their turn. */
export const REPLAY_BATCH = 500

/** With nothing to store fewer are better: what one batch holds is what the garbage collector copies. */
const DRY_BATCH = 250

/** Bytes of an event that is larger than most: a batch of larger ones than this holds fewer. */
const LARGE = 4_096

/** One line of a replay that was no Stripe event. */
export interface Rejection {
  line: number
  reason: string
}

/**
 * Reads historical events, one JSON event a line, with the clock of the events: the newest `created` so far is
 * the time of delivery (replay-clock.ts), unless the line carries `received` (unix seconds).
 * @param onRejected called with each line that is no Stripe event; empty lines are skipped
 */
export async function* readHistory(
  lines: AsyncIterable<string> | Iterable<string>,
  endpointId: string,
  onRejected: (rejection: Rejection) => void,
): AsyncGenerator<HistoricalEvent> {
  for await (const { row, deliveredAt } of withDelivery(readLines(lines, onRejected))) {
    const { event, raw } = row
    yield {
      stripeId: event.id,
      endpointId,
      account: event.account ?? null,
      livemode: event.livemode,
      type: event.type,
      at: event.created,
      deliveredAt,
      payload: raw,
      envelope: event,
    }
  }
}

interface HistoricalLine extends Dated {
  event: StripeEnvelope
  raw: string
}

async function* readLines(
  lines: AsyncIterable<string> | Iterable<string>,
  onRejected: (rejection: Rejection) => void,
): AsyncGenerator<HistoricalLine> {
  let line = 0
  for await (const raw of lines) {
    line += 1
    const json = parseJson(raw)
    const event = readEvent(json)
    if (event !== undefined)
      yield {
        event,
        raw,
        created: event.created,
        received: receivedOf(json),
        objectId: id(event.object['id']),
      }
    else if (raw.trim() !== '') onRejected({ line, reason: 'no Stripe event' })
  }
}

/** When the line says that it was delivered. */
export const receivedOf = (line: unknown): Seconds | undefined => {
  const received = integer(fields(line)?.['received'])
  return received !== undefined && received > 0 ? received : undefined
}

/** Where very many events have one time of delivery, a batch is at most this many times its usual size. */
const MOST_OVER = 4

/**
 * Groups into batches of about `size`, fewer where events are large. Events of one second stay together, so that
 * where batches end changes nothing; but memory and commits are bounded, whatever the times of delivery say.
 */
export async function* inBatches(
  events: AsyncIterable<HistoricalEvent>,
  size: number,
): AsyncGenerator<HistoricalEvent[]> {
  let batch: HistoricalEvent[] = []
  let bytes = 0
  for await (const event of events) {
    const fill = Math.max(batch.length, bytes / LARGE) / size
    if (fill >= MOST_OVER || (fill >= 1 && event.deliveredAt !== batch.at(-1)?.deliveredAt)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += event.payload.length
  }
  if (batch.length > 0) yield batch
}

/** As soon as one live event has come, test-mode events are stored but not judged. */
export class ModeGate {
  #live: boolean

  constructor(live: boolean) {
    this.#live = live
  }

  get live(): boolean {
    return this.#live
  }

  /** @returns whether the event is to be judged */
  admit({ livemode, envelope }: HistoricalEvent): boolean {
    if (livemode) this.#live = true
    return !envelope.thin && (livemode || !this.#live)
  }
}

export const workOf = (events: readonly InboxEvent[], now: Seconds, wall: Date): Work => ({
  events,
  now,
  origin: 'HISTORY',
  wall,
  newId: () => newId('anm'),
})

/**
 * Judges a history from nothing and stores nothing.
 * @returns the incidents with their streams, in the order they were raised, as they stand at the end
 */
export async function dryReplay(
  detectors: readonly AnyDetector[],
  events: AsyncIterable<HistoricalEvent>,
  {
    choices,
    place,
    wall,
    batch = DRY_BATCH,
  }: { choices: Choices; place?: Place; wall: Date; batch?: number },
): Promise<RaisedIncident[]> {
  const memory = new ForgetfulMemory(choices, place)
  const gate = new ModeGate(false)
  let now: Seconds = 0
  for await (const group of inBatches(events, batch)) {
    now = Math.max(now, ...group.map(({ deliveredAt }) => deliveredAt))
    const fresh = group.filter((event) => memory.meet(event.stripeId) && gate.admit(event))
    memory.apply(await judgeBatch(detectors, memory, workOf(fresh, now, wall)))
  }
  memory.apply(await judgeBatch(detectors, memory, { ...workOf([], now, wall), isLast: true }))
  return memory.raisedIncidents
}

import { delivered, parseEvent, type StripeEnvelope } from '../../stripe/event.ts'
import type { Fact } from '../../stripe/facts.ts'
import type { EventReading, Ledger, ObjectRecord } from '../../stripe/ledger.ts'
import { isListened, readBilling } from '../../stripe/reading.ts'
import type { Seconds } from '../../time.ts'
import type { JudgedEvent } from './judged-event.ts'
import { type KnownObject, type MetricDelta, type Stream, streamId } from './memory.ts'
import { Tally } from './tally.ts'

/** A stored event, as detection takes it from the inbox or a replay. */
export interface InboxEvent {
  stripeId: string
  endpointId: string
  account: string | null
  livemode: boolean
  type: string
  at: Seconds
  deliveredAt: Seconds
  payload: Uint8Array | string
  /** Made of an older object: it was never delivered, teaches what is usual, and raises nothing. */
  rebuilt?: boolean
  /** No webhook brought it: it was found at Stripe's API. */
  found?: boolean
  /** The payload parsed, where that is done already. */
  envelope?: StripeEnvelope
}

/** A historical event with its place on the replay's clock. */
export interface HistoricalEvent extends InboxEvent {
  envelope: StripeEnvelope
}

/** The first look at a batch: what each event says, before it is known whether that is news. */
export interface OpenedEvent {
  event: InboxEvent
  stream: string
  /** That it was delivered: what every event says. */
  arrival: readonly Fact[]
  reading: EventReading | undefined
  error: string | undefined
}

/** A stream's events, in the order of delivery, with what they say. */
export interface StreamEvents extends Pick<Stream, 'id' | 'endpointId' | 'account' | 'livemode'> {
  events: JudgedEvent[]
}

export interface BatchFacts {
  streams: Map<string, StreamEvents>
  objects: Map<string, KnownObject>
  metrics: MetricDelta[]
  /** By event. */
  facts: Map<string, readonly Fact[]>
  ignored: Set<string>
  failures: Map<string, string>
}

/**
 * Parses the events and puts them in the order they are judged in: as they were delivered, since timers follow
 * that clock, and by (created, stripeId) among those of one second.
 */
export function openEvents(events: readonly InboxEvent[]): OpenedEvent[] {
  const opened = events.map((given): OpenedEvent => {
    const event = notLater(given)
    const stream = streamId(event.endpointId, event.account, event.livemode)
    let arrival: readonly Fact[] = []
    try {
      const parsed = event.envelope ?? parseEvent(event.payload)
      if (parsed === undefined) throw new Error('the stored body is no Stripe event')
      const envelope = event === given ? parsed : { ...parsed, created: event.at }
      if (!event.rebuilt) arrival = [delivered(envelope, event.deliveredAt, event.found)]
      return { event, stream, arrival, reading: readBilling(envelope), error: undefined }
    } catch (error) {
      return { event, stream, arrival, reading: undefined, error: `facts: ${messageOf(error)}` }
    }
  })
  return opened.sort(
    ({ event: a }, { event: b }) =>
      a.deliveredAt - b.deliveredAt || a.at - b.at || (a.stripeId < b.stripeId ? -1 : 1),
  )
}

/** What is dated after it came, by a test clock or a clock that is wrong, is taken to be of when it came. */
const notLater = (event: InboxEvent): InboxEvent =>
  event.at <= event.deliveredAt ? event : { ...event, at: event.deliveredAt }

export function objectIdsOf(opened: readonly OpenedEvent[]): string[] {
  const ids = new Set<string>()
  for (const { reading } of opened) for (const id of reading?.objects ?? []) ids.add(id)
  return [...ids]
}

/** Turns readings into facts, each reported once, and counts them for the charts. */
export function applyEvents(
  opened: readonly OpenedEvent[],
  known: ReadonlyMap<string, KnownObject>,
): BatchFacts {
  const ledger = new BatchLedger(known)
  const tally = new Tally()
  const batch: BatchFacts = {
    streams: new Map(),
    objects: new Map(),
    metrics: [],
    facts: new Map(),
    ignored: new Set(),
    failures: new Map(),
  }
  for (const { event, stream, arrival, reading, error } of opened) {
    const facts: Fact[] = [...arrival]
    if (!isListened(event.type)) batch.ignored.add(event.stripeId)
    if (error !== undefined) batch.failures.set(event.stripeId, error)
    try {
      ledger.now = event.at
      facts.push(...(reading?.apply(ledger) ?? []))
    } catch (thrown) {
      batch.failures.set(event.stripeId, `facts: ${messageOf(thrown)}`)
    }
    if (!event.rebuilt) tally.countEvent(stream, event.at)
    tally.count(stream, facts)
    batch.facts.set(event.stripeId, facts)
    const { stripeId, at, deliveredAt, found = false } = event
    const judged: JudgedEvent = { stripeId, at, deliveredAt, facts, ...(found && { found }) }
    const { endpointId, account, livemode } = event
    const known = batch.streams.get(stream)
    if (known !== undefined) known.events.push(judged)
    else batch.streams.set(stream, { id: stream, endpointId, account, livemode, events: [judged] })
  }
  batch.objects = ledger.changed
  batch.metrics = tally.deltas()
  return batch
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The ledger of one batch, over the stored records of the objects it touches. */
class BatchLedger implements Ledger {
  now: Seconds = 0
  readonly #known: ReadonlyMap<string, KnownObject>
  /** The records that are to be stored. */
  readonly changed = new Map<string, KnownObject>()

  constructor(known: ReadonlyMap<string, KnownObject>) {
    this.#known = known
  }

  get(objectId: string): ObjectRecord | undefined {
    const object = this.#last(objectId)
    const isForgotten = object !== undefined && object.expiresAt < this.now
    return isForgotten ? undefined : object?.record
  }

  set(objectId: string, record: ObjectRecord, keepFor: Seconds): void {
    const updatedAt = Math.max(this.now, this.#last(objectId)?.updatedAt ?? 0)
    this.changed.set(objectId, { record, updatedAt, expiresAt: updatedAt + keepFor })
  }

  #last(objectId: string): KnownObject | undefined {
    return this.changed.get(objectId) ?? this.#known.get(objectId)
  }
}

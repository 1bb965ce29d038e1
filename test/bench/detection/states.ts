import { placeOf } from '../../../src/calendar/country.ts'
import { judgeBatch } from '../../../src/detection/engine/batch.ts'
import type { HistoricalEvent } from '../../../src/detection/engine/events.ts'
import { ForgetfulMemory } from '../../../src/detection/engine/forgetful.ts'
import type { BatchOutcome, KnownObject } from '../../../src/detection/engine/memory.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { inBatches, ModeGate, workOf } from '../../../src/pipeline/replay.ts'
import { withDelivery } from '../../../src/pipeline/replay-clock.ts'
import type { Arrival } from '../../../src/simulator/event.ts'
import type { Business } from '../../../src/simulator/trade/business.ts'
import { simulateTrade } from '../../../src/simulator/trade/simulate.ts'
import { readEvent } from '../../../src/stripe/event.ts'
import { DAY, type Seconds, toDate } from '../../../src/time.ts'
import type { Report } from '../part.ts'

export interface StatesOptions {
  business: Business
  days: number
  seed: string
  /** Progress, for people. */
  say(line: string): void
}

/** As many events as a dry replay judges at once. */
const BATCH = 250

interface Shelf {
  largest: number
  largestKey: string
  /** What is held at the end. */
  keys: number
  bytes: number
}

/** Sizes of all that is remembered, as storage would keep it. */
class Sizes {
  readonly shelves = new Map<string, Shelf>(
    DETECTORS.map(({ name }) => [name, { largest: 0, largestKey: '', keys: 0, bytes: 0 }]),
  )
  objects = { known: 0, bytes: 0, largest: 0 }
  /** The largest state of each detector at the end of each part of the time. */
  readonly parts: Map<string, number>[] = []

  add(outcome: BatchOutcome): void {
    for (const { states } of outcome.streams)
      for (const { detector, key, state } of states.changes().saved) {
        const shelf = this.shelves.get(detector)
        const bytes = Buffer.byteLength(state)
        if (shelf && bytes > shelf.largest) Object.assign(shelf, { largest: bytes, largestKey: key })
      }
  }

  endPart(): void {
    this.parts.push(new Map([...this.shelves].map(([name, { largest }]) => [name, largest])))
  }

  largest(): string {
    return [...this.shelves].map(([name, { largest }]) => `${name} ${largest}`).join(', ')
  }

  /** Counts what is left once retention has removed what is over. */
  async end(memory: ForgetfulMemory): Promise<void> {
    this.objects = measure(await memory.objects())
    for (const stream of await memory.streams())
      for (const { detector, state } of (await memory.states(stream.id, DETECTORS)).rows()) {
        const shelf = this.shelves.get(detector)
        if (!shelf) continue
        shelf.keys += 1
        shelf.bytes += Buffer.byteLength(state)
      }
  }
}

function measure(objects: ReadonlyMap<string, KnownObject>) {
  let [bytes, largest] = [0, 0]
  for (const { record } of objects.values()) {
    const size = JSON.stringify(record).length
    bytes += size
    largest = Math.max(largest, size)
  }
  return { known: objects.size, bytes, largest }
}

/** The history that `replay` would read. A year of a large merchant is not written as text and parsed again for it. */
async function* historyOf(arrivals: Iterable<Arrival>): AsyncGenerator<HistoricalEvent> {
  async function* rows() {
    for (const { event: json, received } of arrivals) {
      const event = readEvent(json)
      if (event === undefined) throw new Error('no Stripe event')
      yield { event, created: event.created, received, objectId: String(event.object['id']) }
    }
  }
  for await (const { row, deliveredAt } of withDelivery(rows())) {
    const { id: stripeId, account = null, livemode, type, created: at } = row.event
    const common = { stripeId, endpointId: 'whe_bench', account, livemode, type, at, deliveredAt }
    yield { ...common, payload: '', envelope: row.event }
  }
}

const QUARTERS = 4

/** Judges a stream and measures what detection remembers of it: the largest state of each detector, and how many. */
export async function largestStates({ business, days, seed, say }: StatesOptions): Promise<Report> {
  const { events, start, place, profile } = simulateTrade({ seed, business, days, incidents: 'off' })
  const sizes = new Sizes()
  const memory = new ForgetfulMemory(new Map(), placeOf({ timezone: place.zone, country: null }))
  const gate = new ModeGate(false)
  let [now, judged, part]: [Seconds, number, number] = [0, 0, 1]
  for await (const group of inBatches(historyOf(events), BATCH)) {
    now = Math.max(now, ...group.map(({ deliveredAt }) => deliveredAt))
    const fresh = group.filter((event) => memory.meet(event.stripeId) && gate.admit(event))
    const outcome = await judgeBatch(DETECTORS, memory, workOf(fresh, now, toDate(0)))
    sizes.add(outcome)
    memory.apply(outcome)
    judged += fresh.length
    if (now < start + (part * days * DAY) / QUARTERS) continue
    sizes.endPart()
    say(`${((part * days) / QUARTERS).toFixed(1)} days, ${judged} events: ${sizes.largest()}`)
    part++
  }
  while (sizes.parts.length < QUARTERS) sizes.endPart()
  await sizes.end(memory)
  return reportOf(sizes, `${business.name}, ${Math.round(profile.paymentsADay)} payments a day`, days, judged)
}

function reportOf(sizes: Sizes, about: string, days: number, events: number): Report {
  const detectors = [...sizes.shelves].map(([detector, { keys, bytes, largest, largestKey }]) => ({
    detector,
    keys,
    bytes,
    largest,
    largestKey,
    byQuarter: sizes.parts.map((quarter) => quarter.get(detector) ?? 0),
  }))
  const { objects } = sizes
  return {
    title: `What detection remembers of ${about}, after ${days} days and ${events} events`,
    columns: ['detector', 'largest state', 'after 1/4', '1/2', '3/4', 'the whole', 'states', 'bytes of all'],
    rows: [
      ...detectors.map(({ detector, largest, byQuarter, keys, bytes }) => [
        detector,
        String(largest),
        ...byQuarter.map(String),
        String(keys),
        String(bytes),
      ]),
      ['objects', String(objects.largest), '', '', '', '', String(objects.known), String(objects.bytes)],
    ],
    notes: [
      'bytes of JSON, as stored; a state is largest over the whole time, not only at its end',
      'states: keys held at the end, without those that retention removes; objects: remembered at the end',
    ],
    data: { days, events, detectors, objects },
  }
}

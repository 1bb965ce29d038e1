import { placeOf } from '../../../src/calendar/country.ts'
import { judgeBatch } from '../../../src/detection/engine/batch.ts'
import { ForgetfulMemory } from '../../../src/detection/engine/forgetful.ts'
import type { BatchOutcome } from '../../../src/detection/engine/memory.ts'
import { DETECTORS } from '../../../src/detection/registry.ts'
import { inBatches, ModeGate, readHistory, workOf } from '../../../src/pipeline/replay.ts'
import type { Business } from '../../../src/simulator/trade/business.ts'
import { simulateTrade } from '../../../src/simulator/trade/simulate.ts'
import { DAY, type Seconds, toDate } from '../../../src/time.ts'
import type { Report } from '../part.ts'
import { linesOf } from './ours.ts'

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
  idleAfter: Seconds
  /** Bytes of each key's state, and when it was last touched. */
  keys: Map<string, { bytes: number; touchedAt: Seconds; asleep: boolean }>
  largest: number
  largestKey: string
}

/** Sizes of all that is remembered, as storage would keep it. */
class Sizes {
  readonly shelves = new Map<string, Shelf>(
    DETECTORS.map(({ name, idleAfter }) => [
      name,
      { idleAfter, keys: new Map(), largest: 0, largestKey: '' },
    ]),
  )
  readonly objects = new Map<string, number>()
  /** The largest state of each detector at the end of each part of the time. */
  readonly parts: Map<string, number>[] = []

  add(outcome: BatchOutcome): void {
    for (const [id, { record }] of outcome.objects) this.objects.set(id, JSON.stringify(record).length)
    for (const { stream, states } of outcome.streams) {
      const { saved, dropped } = states.changes()
      for (const { detector, key, state, wakeAt, touchedAt } of saved) {
        const shelf = this.shelves.get(detector)
        if (!shelf) continue
        const bytes = Buffer.byteLength(state)
        shelf.keys.set(`${stream.id} ${key}`, { bytes, touchedAt, asleep: wakeAt === null })
        if (bytes <= shelf.largest) continue
        shelf.largest = bytes
        shelf.largestKey = key
      }
      for (const { detector, key } of dropped) this.shelves.get(detector)?.keys.delete(`${stream.id} ${key}`)
    }
  }

  /** Notes how large each has become, and lets go of what retention would remove. */
  endPart(now: Seconds): void {
    this.parts.push(new Map([...this.shelves].map(([name, { largest }]) => [name, largest])))
    for (const { keys, idleAfter } of this.shelves.values()) {
      for (const [key, { touchedAt, asleep }] of keys)
        if (asleep && touchedAt < now - idleAfter) keys.delete(key)
    }
  }
}

const QUARTERS = 4

/** Judges a stream and measures what detection remembers of it: the largest state of each detector, and how many. */
export async function largestStates({ business, days, seed, say }: StatesOptions): Promise<Report> {
  const { events, start, place, profile } = simulateTrade({ seed, business, days, incidents: 'off' })
  const sizes = new Sizes()
  const memory = new ForgetfulMemory(new Map(), placeOf({ timezone: place.zone, country: null }))
  const gate = new ModeGate(false)
  const history = readHistory(linesOf(events), 'whe_bench', ({ line, reason }) => {
    throw new Error(`line ${line}: ${reason}`)
  })
  let [now, judged, part]: [Seconds, number, number] = [0, 0, 1]
  for await (const group of inBatches(history, BATCH)) {
    now = Math.max(now, ...group.map(({ deliveredAt }) => deliveredAt))
    const fresh = group.filter((event) => memory.meet(event.stripeId) && gate.admit(event))
    const outcome = await judgeBatch(DETECTORS, memory, workOf(fresh, now, toDate(0)))
    sizes.add(outcome)
    memory.apply(outcome)
    judged += fresh.length
    if (now < start + (part * days * DAY) / QUARTERS) continue
    sizes.endPart(now)
    say(`${((part * days) / QUARTERS).toFixed(1)} days, ${judged} events`)
    part++
  }
  while (sizes.parts.length < QUARTERS) sizes.endPart(now)
  return reportOf(sizes, `${business.name}, ${Math.round(profile.paymentsADay)} payments a day`, days, judged)
}

function reportOf(sizes: Sizes, about: string, days: number, events: number): Report {
  const detectors = [...sizes.shelves].map(([detector, { keys, largest, largestKey }]) => ({
    detector,
    keys: keys.size,
    bytes: [...keys.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    largest,
    largestKey,
    byQuarter: sizes.parts.map((quarter) => quarter.get(detector) ?? 0),
  }))
  const objectBytes = [...sizes.objects.values()]
  const objects = {
    known: sizes.objects.size,
    bytes: objectBytes.reduce((sum, bytes) => sum + bytes, 0),
    largest: objectBytes.reduce((largest, bytes) => Math.max(largest, bytes), 0),
  }
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
      'states: keys held at the end, without those that retention removes; objects: all that were met',
    ],
    data: { days, events, detectors, objects },
  }
}

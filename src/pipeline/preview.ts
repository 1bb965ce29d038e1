import type { AnyDetector } from '../detection/detector.ts'
import { judgeFacts } from '../detection/engine/batch.ts'
import type { Choices } from '../detection/engine/choices.ts'
import type { StreamEvents } from '../detection/engine/events.ts'
import { ForgetfulMemory, type RaisedIncident } from '../detection/engine/forgetful.ts'
import type { TenantMemory } from '../detection/engine/memory.ts'
import { StoredMemory } from '../storage/detection/stored-memory.ts'
import { type KeptEvent, KeptEvents } from '../storage/rebuild/kept-events.ts'
import type { Reader } from '../storage/sql.ts'
import { othersFirst, type Seconds, stopwatch } from '../time.ts'
import { workOf } from './replay.ts'

/** How the past would have been judged, as far as it is tried. */
export interface Previewed {
  /** 0 to 1. */
  progress: number
  events: number
  /** Delivery of the first event that counts; undefined: there is none yet. */
  judgedFrom: Seconds | undefined
  present: readonly RaisedIncident[]
  proposed: readonly RaisedIncident[]
}

export interface PreviewParts {
  detectors: readonly AnyDetector[]
  /** Of the tenant. */
  sql: Reader
  tenantId: string
  /** Wall clock. */
  wall: Date
}

/** Events judged at once: a few milliseconds. */
const SLICE = 100

/**
 * Judges the facts that are kept of a tenant's events twice in one pass, with the present and with proposed settings, as a
 * dry replay of these events does, and stores nothing. After each slice it rests for as long as that took.
 * @returns after each slice what was found up to there; whoever reads no more stops it
 */
export async function* preview(
  { detectors, sql, tenantId, wall }: PreviewParts,
  proposedOf: (present: Choices) => Choices,
): AsyncGenerator<Previewed> {
  const stored = new StoredMemory(sql, tenantId)
  const [choices, place] = [await stored.choices(), await stored.place()]
  const answers: TenantMemory['answers'] = (...of) => stored.answers(...of)
  const kept = new KeptEvents(sql, tenantId, false)
  const newest = (await kept.newest()) ?? 0
  const begin = () =>
    [choices, proposedOf(choices)].map((chosen) => new ForgetfulMemory(chosen, place, answers))
  let memories = begin()
  let [now, events, judgedFrom]: [Seconds, number, Seconds | undefined] = [0, 0, undefined]
  const judge = async (said: readonly StreamEvents[], { isLast = false, teachesOnly = false } = {}) => {
    for (const memory of memories) {
      const outcome = await judgeFacts(detectors, memory, { ...workOf([], now, wall), isLast }, said)
      const streams = outcome.streams.map((stream) => ({ ...stream, incidents: [] }))
      memory.apply(teachesOnly ? { ...outcome, streams } : outcome)
      await othersFirst()
    }
  }
  const found = (progress: number): Previewed => {
    const [present = [], proposed = []] = memories.map(({ raisedIncidents }) => raisedIncidents)
    return { progress, events, judgedFrom, present, proposed }
  }
  for (let from: Seconds = 0; from <= newest; ) {
    const began = stopwatch()
    const page = await kept.page(from, SLICE)
    if (page === undefined) break
    if (page.begunAnew) [memories, events, judgedFrom] = [begin(), 0, undefined]
    for (const part of alike(page.events)) {
      for (const { event } of part) now = Math.max(now, event.deliveredAt)
      await judge(byStream(part), { teachesOnly: part[0]?.teachesOnly ?? false })
    }
    events += page.events.length
    judgedFrom ??= page.events[0]?.event.deliveredAt
    from = page.next
    const whole = newest - (judgedFrom ?? newest)
    yield found(whole > 0 ? Math.min(0.99, (now - (judgedFrom ?? now)) / whole) : 0.99)
    await rest(stopwatch() - began)
  }
  await judge([], { isLast: true })
  yield found(1)
}

/** Runs of those that are made of older objects, and of those that came. */
function alike(events: readonly KeptEvent[]): KeptEvent[][] {
  const runs: KeptEvent[][] = []
  for (const one of events) {
    const run = runs.at(-1)
    if (run?.[0]?.teachesOnly === one.teachesOnly) run.push(one)
    else runs.push([one])
  }
  return runs
}

function byStream(events: readonly KeptEvent[]): StreamEvents[] {
  const streams = new Map<string, StreamEvents>()
  for (const { stream, event } of events) {
    const known = streams.get(stream.id)
    if (known === undefined) streams.set(stream.id, { ...stream, events: [event] })
    else known.events.push(event)
  }
  return [...streams.values()]
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

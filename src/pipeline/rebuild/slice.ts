import type { AnyDetector } from '../../detection/detector.ts'
import { calendarFor, judgeStream, newStream } from '../../detection/engine/batch.ts'
import type { JudgedEvent } from '../../detection/engine/judged-event.ts'
import type { Stream, StreamOutcome } from '../../detection/engine/memory.ts'
import { newId } from '../../ids.ts'
import type { KeptEvent } from '../../storage/rebuild/kept-events.ts'
import type { ShadowMemory } from '../../storage/rebuild/shadow-memory.ts'
import type { Seconds } from '../../time.ts'

/** The tenant's streams as they are judged live, by id: they say from when on each was live. */
export type KnownStreams = ReadonlyMap<string, Stream>

const isLive = ({ stream, event }: KeptEvent, known: KnownStreams): boolean => {
  const live = known.get(stream.id)
  return live?.live === true && event.deliveredAt >= (live.liveSince ?? 0)
}

/** The first of the events that can be judged at once: of a stream older objects, the last of its history, or its first live ones. */
export function onePart(events: readonly KeptEvent[], known: KnownStreams): readonly KeptEvent[] {
  const parts = new Map<string, string>()
  const end = events.findIndex((one) => {
    const part = `${isLive(one, known)} ${one.teachesOnly}`
    const before = parts.get(one.stream.id)
    parts.set(one.stream.id, part)
    return before !== undefined && before !== part
  })
  return end < 0 ? events : events.slice(0, end)
}

/**
 * Judges events of the past once more, each stream by its own clock.
 * @param events of one part each (`onePart`)
 */
export async function judgeAgain(
  detectors: readonly AnyDetector[],
  memory: ShadowMemory,
  known: KnownStreams,
  events: readonly KeptEvent[],
  wall: Date,
): Promise<StreamOutcome[]> {
  const streams = new Map<string, { first: KeptEvent; own: JudgedEvent[] }>()
  for (const one of events) {
    const met = streams.get(one.stream.id)
    if (met === undefined) streams.set(one.stream.id, { first: one, own: [one.event] })
    else met.own.push(one.event)
  }
  const outcomes: StreamOutcome[] = []
  for (const { first, own } of streams.values()) {
    const live = isLive(first, known)
    const shadow = memory.byStream.get(first.stream.id) ?? newStream(first.stream, live)
    const now = Math.max(...own.map(({ deliveredAt }) => deliveredAt))
    const outcome = await judgeShadow(
      detectors,
      memory,
      { stream: { ...shadow, live: shadow.live || live }, resumed: live && !shadow.live, events: own, now },
      wall,
    )
    outcomes.push(first.teachesOnly ? { ...outcome, incidents: [] } : outcome)
  }
  return outcomes
}

interface ShadowTask {
  stream: Stream
  resumed: boolean
  events: readonly JudgedEvent[]
  now: Seconds
  /** Nothing that waits for its order is waited for. */
  isLast?: boolean
}

/** @param task without events: time passes, and what is noticed by absence is */
export async function judgeShadow(
  detectors: readonly AnyDetector[],
  memory: ShadowMemory,
  { stream, resumed, events, now, isLast = false }: ShadowTask,
  wall: Date,
): Promise<StreamOutcome> {
  const { outcome } = await judgeStream(detectors, memory, {
    occasion: { now, origin: 'HISTORY', wall, isLast, newId: () => newId('anm') },
    stream,
    resumed,
    events,
    choices: await memory.choices(),
    calendar: await calendarFor(memory, now, [{ events }]),
  })
  return outcome
}

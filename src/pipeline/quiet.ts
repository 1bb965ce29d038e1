import { calendarOf } from '../calendar/calendar.ts'
import type { AnyDetector } from '../detection/detector.ts'
import type { Stream, TenantMemory } from '../detection/engine/memory.ts'
import { DAY, type Seconds } from '../time.ts'

/** Whether less arrives of a stream than is usual at this time, as the detector that watches delivery knows it. */
export async function isQuiet(
  detectors: readonly AnyDetector[],
  memory: TenantMemory,
  { id }: Pick<Stream, 'id'>,
  now: Seconds,
): Promise<boolean> {
  const watch = detectors.find((detector) => detector.delivery !== undefined)
  if (watch === undefined) return false
  const states = await memory.states(id, [watch], [], 0)
  const state = states.peek(watch, '')
  if (state === undefined) return false
  const calendar = await calendarOf(await memory.place(), now - DAY, now)
  return watch.delivery?.(state, now, calendar).quiet ?? false
}

import type { CDPSession, Page } from 'playwright-core'
import { z } from 'zod'

/** What the page notes of itself from its first moment on. */
const NOTES = `(() => {
  const notes = (globalThis.benchNotes = { lcp: 0, interactions: [], tasks: [], changes: 0, frames: 0 })
  const watch = (type, options, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...options })
  watch('largest-contentful-paint', {}, ({ startTime }) => { notes.lcp = startTime })
  watch('event', { durationThreshold: 16 }, ({ interactionId, duration }) => {
    if (interactionId) notes.interactions.push(duration)
  })
  watch('longtask', {}, ({ duration }) => notes.tasks.push(duration))
  const frame = () => { notes.frames += 1; requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
  addEventListener('DOMContentLoaded', () =>
    new MutationObserver(() => { notes.changes += 1 }).observe(document.body, {
      subtree: true, childList: true, characterData: true,
    }))
})()`

const notesShape = z.object({
  /** Milliseconds from the navigation. */
  lcp: z.number(),
  /** Milliseconds from an input to the next frame, each input over 16. */
  interactions: z.array(z.number()),
  /** Milliseconds of tasks over 50. */
  tasks: z.array(z.number()),
  /** How often the document changed, at most once for each task. */
  changes: z.number(),
  frames: z.number(),
})

export type Notes = z.infer<typeof notesShape>

/** Call before the page is opened. */
export const takeNotes = (page: Page): Promise<unknown> => page.addInitScript(NOTES)

export const notesOf = async (page: Page): Promise<Notes> =>
  notesShape.parse(await page.evaluate('globalThis.benchNotes'))

/** Forgets what was noted before. */
export const forgetNotes = (page: Page): Promise<unknown> =>
  page.evaluate(
    'Object.assign(globalThis.benchNotes, { interactions: [], tasks: [], changes: 0, frames: 0 })',
  )

/** How many times slower its processor is. */
export const throttle = (session: CDPSession, rate: number): Promise<unknown> =>
  session.send('Emulation.setCPUThrottlingRate', { rate })

/** Megabytes of its heap that are in use once what nobody needs is gone. */
export async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1e6
}

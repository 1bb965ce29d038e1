import { type RefObject, useEffect, useRef } from 'react'
import { now } from '../../clock.ts'
import { type Attention, mayMove } from './live-list.ts'

/** Above this the first row is in sight. Pixels: the strip of figures and the toolbar. */
const TOP = 80

/**
 * Watches whether somebody is at the list with pointer or focus.
 * @returns whether the list may move by itself now
 */
export function useAttention(
  scroller: RefObject<HTMLElement | null>,
): (besides: Pick<Attention, 'selected' | 'newestFirst'>) => boolean {
  const touched = useRef(Number.NEGATIVE_INFINITY)
  const over = useRef(false)
  useEffect(() => {
    const list = scroller.current?.querySelector('section')
    if (!list) return
    const listening = new AbortController()
    const on = (names: readonly string[], handle: (event: Event) => void): void => {
      for (const name of names)
        list.addEventListener(name, handle, { signal: listening.signal, passive: true })
    }
    // Below the last row nobody aims at one.
    const at = (target: EventTarget | null): void => {
      const inRow = target instanceof Element && target.closest('article') !== null
      if (over.current && !inRow) touched.current = now()
      over.current = inRow
    }
    on(['pointerover', 'focusin'], ({ target }) => at(target))
    on(['pointerleave', 'focusout'], () => at(null))
    return () => listening.abort()
  }, [scroller])
  return (besides) =>
    mayMove({
      ...besides,
      atTop: (scroller.current?.scrollTop ?? 0) < TOP,
      visible: document.visibilityState === 'visible',
      idle: over.current ? 0 : now() - touched.current,
    })
}

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
  const left = useRef(Number.NEGATIVE_INFINITY)
  // A pointer may rest on a row while focus goes elsewhere, and the other way round.
  const within = useRef({ pointer: false, focus: false })
  useEffect(() => {
    const list = scroller.current?.querySelector('section')
    if (!list) return
    const listening = new AbortController()
    const on = (name: string, handle: (event: Event) => void): void =>
      list.addEventListener(name, handle, { signal: listening.signal, passive: true })
    // Below the last row nobody aims at one.
    const at = (what: 'pointer' | 'focus', target: EventTarget | null): void => {
      const inRow = target instanceof Element && target.closest('article') !== null
      if (within.current[what] && !inRow) left.current = now()
      within.current[what] = inRow
    }
    on('pointerover', ({ target }) => at('pointer', target))
    on('pointerleave', () => at('pointer', null))
    on('focusin', ({ target }) => at('focus', target))
    on('focusout', () => at('focus', null))
    return () => listening.abort()
  }, [scroller])
  return (besides) =>
    mayMove({
      ...besides,
      atTop: (scroller.current?.scrollTop ?? 0) < TOP,
      visible: document.visibilityState === 'visible',
      idle: within.current.pointer || within.current.focus ? 0 : now() - left.current,
    })
}

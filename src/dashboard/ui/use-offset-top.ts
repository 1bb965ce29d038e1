import { type RefObject, useLayoutEffect, useState } from 'react'

/** @returns how far below the beginning of what scrolls a part begins, also after that has another width. Pixels */
export function useOffsetTop(
  part: RefObject<HTMLElement | null>,
  scroller: RefObject<HTMLElement | null>,
): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const [inner, outer] = [part.current, scroller.current]
    if (!inner || !outer) return
    const measure = (): void =>
      setTop(inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(outer)
    return () => observer.disconnect()
  }, [part, scroller])
  return top
}

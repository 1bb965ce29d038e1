import { type KeyboardEvent, useState } from 'react'
import type { Point } from '../../ui/chart/series.ts'

/** Arrow keys go from value to value. */
export function useChartKeys(points: readonly Point[]): {
  /** The value that is read; undefined before the first key. */
  point: Point | undefined
  onKeyDown: (event: KeyboardEvent) => void
} {
  const [index, setIndex] = useState<number>()
  const last = points.length - 1
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: (index ?? last + 1) - 1, ArrowRight: (index ?? -1) + 1, Home: 0, End: last }[
      event.key
    ]
    if (to === undefined) return
    event.preventDefault()
    setIndex(Math.max(0, Math.min(last, to)))
  }
  return { point: index === undefined ? undefined : points[index], onKeyDown }
}

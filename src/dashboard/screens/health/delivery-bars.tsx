import { count } from '../../text/words.ts'
import styles from './health.module.css'

/** What came in within an hour. */
interface Hour {
  at: string
  accepted: number
  duplicates: number
  badSignature: number
  throttled: number
}

const HEIGHT = 48
const WIDTH = 24
const GAP = 4

/** A day of deliveries, one bar an hour: accepted, known already, refused. */
export function DeliveryBars({ points }: { points: readonly Hour[] }) {
  const bars = points.map(({ at, accepted, duplicates, badSignature, throttled }) => ({
    at,
    parts: [
      ['accepted', accepted],
      ['duplicates', duplicates],
      ['refused', badSignature + throttled],
    ] as const,
  }))
  const total = (parts: (typeof bars)[number]['parts']): number => parts.reduce((sum, [, n]) => sum + n, 0)
  const most = Math.max(1, ...bars.map(({ parts }) => total(parts)))
  const all = bars.reduce((sum, { parts }) => sum + total(parts), 0)
  return (
    <figure>
      <svg
        className={styles['bars']}
        viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${count(all, 'delivery', 'deliveries')} in ${bars.length} hours; at most ${most} in one`}
      >
        {bars.map(({ at, parts }, index) => {
          let below = HEIGHT
          return parts.map(([part, n]) => {
            const height = (n / most) * HEIGHT
            below -= height
            return (
              <rect
                key={`${at} ${part}`}
                className={styles[part]}
                x={index * WIDTH}
                y={below}
                width={WIDTH - GAP}
                height={height}
              />
            )
          })
        })}
      </svg>
      <figcaption className={styles['legend']}>
        <span>The last 24 hours:</span>
        <span className={styles['accepted-key']}>accepted</span>
        <span className={styles['duplicates-key']}>duplicates</span>
        <span className={styles['refused-key']}>refused</span>
      </figcaption>
    </figure>
  )
}

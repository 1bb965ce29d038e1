import { useEffect } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { useSeriesLoader } from './series-loader.ts'
import styles from './sparkline.module.css'

const Series = graphql(`
  query Series($id: ID!) { anomaly(id: $id) { id series { at observed lower upper } } }
`)

const WIDTH = 112
const HEIGHT = 28

/** What happened against the band of what is usual, without axes; empty where the anomaly is no matter of time. */
export function Sparkline({ id }: { id: string }) {
  const load = useSeriesLoader()
  useEffect(() => load(id), [load, id])
  const [{ data }] = useQuery({ query: Series, variables: { id }, requestPolicy: 'cache-only' })
  const points = data?.anomaly?.series ?? []
  if (points.length < 2) return null
  const values = points.flatMap(({ observed, lower, upper }) => [
    observed,
    lower ?? observed,
    upper ?? observed,
  ])
  const least = Math.min(...values)
  const span = Math.max(...values) - least || 1
  const x = (index: number): string => ((index / (points.length - 1)) * WIDTH).toFixed(1)
  const y = (value: number): string => (HEIGHT - 2 - ((value - least) / span) * (HEIGHT - 4)).toFixed(1)
  const banded = points.flatMap(({ lower, upper }, index) =>
    lower === null || upper === null ? [] : [{ x: x(index), low: y(lower), high: y(upper) }],
  )
  const line = points.map(({ observed }, index) => `${x(index)},${y(observed)}`).join(' ')
  const band = [
    ...banded.map(({ x, high }) => `${x},${high}`),
    ...banded.reverse().map(({ x, low }) => `${x},${low}`),
  ].join(' ')
  return (
    <svg
      className={styles['chart']}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon className={styles['band']} points={band} />
      <polyline className={styles['line']} points={line} />
    </svg>
  )
}

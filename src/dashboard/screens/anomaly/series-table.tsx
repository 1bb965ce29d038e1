import type { Point } from '../../ui/chart/series.ts'
import { Moment, useZone } from '../../ui/time.tsx'
import styles from './anomaly.module.css'

interface SeriesTableProps {
  points: readonly Point[]
  format: (value: number) => string
}

/** The values of the chart. */
export function SeriesTable({ points, format }: SeriesTableProps) {
  const zone = useZone()
  const cell = (value: number | null): string => (value === null ? '–' : format(value))
  return (
    <section className={styles['table-place']} tabIndex={0} aria-label="Values">
      <table className={styles['table']}>
        <thead>
          <tr>
            <th scope="col">Time ({zone})</th>
            <th scope="col">Observed</th>
            <th scope="col">Expected</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
          </tr>
        </thead>
        <tbody>
          {points.map(({ at, observed, expected, lower, upper }) => (
            <tr key={at}>
              <th scope="row">
                <Moment at={at} />
              </th>
              <td>{format(observed)}</td>
              <td>{cell(expected)}</td>
              <td>{cell(lower)}</td>
              <td>{cell(upper)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

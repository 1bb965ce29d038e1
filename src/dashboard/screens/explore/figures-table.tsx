import { Moment } from '../../ui/time.tsx'
import styles from './explore.module.css'
import { inMajorUnits } from './line-figure.tsx'
import type { Line } from './lines.ts'

/** The values of all charts, newest first. */
export function FiguresTable({ lines }: { lines: readonly Line[] }) {
  const times = lines[0]?.points.map(({ at }) => at) ?? []
  return (
    <section className={styles['table-place']} tabIndex={0} aria-label="Values">
      <table className={styles['table']}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times
            .map((at, index) => (
              <tr key={at}>
                <th scope="row">
                  <Moment at={at} />
                </th>
                {lines.map(({ name, unit, points }) => (
                  <td key={name}>{inMajorUnits(points[index]?.observed ?? 0, unit)}</td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </section>
  )
}

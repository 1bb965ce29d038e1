import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { onAxis } from '../../text/measure.ts'
import { momentWithZone } from '../../text/time.ts'
import { Button } from '../../ui/button.tsx'
import type { Point } from '../../ui/chart/series.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useZone } from '../../ui/time.tsx'
import styles from './anomaly.module.css'
import type { AnomalyDetail } from './documents.ts'
import { SeriesTable } from './series-table.tsx'
import { useChartKeys } from './use-chart-keys.ts'

const Chart = lazy(() => import('../../ui/chart/chart.tsx'))

/** What happened against what was expected: a chart, the same in a sentence, and as a table. */
export function SeriesFigure({ anomaly }: { anomaly: AnomalyDetail }) {
  const { series, startedAt, endedAt, lastSeenAt, detectedAt, evidence, impact } = anomaly
  const zone = useZone()
  const [asTable, setAsTable] = useState(false)
  const unit = evidence[0]?.unit ?? 'COUNT'
  const decimals = impact?.decimal.split('.')[1]?.length ?? 2
  const format = useCallback((value: number) => onAxis(value, unit, decimals), [unit, decimals])
  const incident = useMemo(
    () => ({ from: startedAt, to: endedAt ?? lastSeenAt }),
    [startedAt, endedAt, lastSeenAt],
  )
  const marks = useMemo(() => [detectedAt], [detectedAt])
  const { point, onKeyDown } = useChartKeys(series)
  if (series.length < 2) return null
  return (
    <section aria-labelledby="series">
      <div className={styles['figure-head']}>
        <h2 id="series">Observed and expected</h2>
        <Button small look="quiet" onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </div>
      {asTable ? (
        <SeriesTable points={series} format={format} />
      ) : (
        <figure className={styles['figure']}>
          {/* A focus stop of its own: arrow keys read the values one after the other. */}
          <button
            type="button"
            className={styles['chart']}
            onKeyDown={onKeyDown}
            aria-label={sentence(series, zone)}
          >
            <Suspense fallback={<Skeleton height={240} />}>
              <Chart points={series} incident={incident} marks={marks} zone={zone} format={format} />
            </Suspense>
          </button>
          <figcaption className={styles['caption']}>
            <output>
              {point
                ? `${momentWithZone(point.at, zone)}: ${format(point.observed)}${usual(point, format)}`
                : 'The line is what happened, the band what was expected, the shade the incident.'}
            </output>
            <span>{zone}</span>
          </figcaption>
        </figure>
      )}
    </section>
  )
}

const usual = ({ lower, upper }: Point, format: (value: number) => string): string =>
  lower === null || upper === null ? '' : `, expected ${format(lower)} to ${format(upper)}`

function sentence(points: readonly Point[], zone: string): string {
  const [first, last] = [points[0], points.at(-1)]
  const outside = points.filter(
    ({ observed, lower, upper }) =>
      (upper !== null && observed > upper) || (lower !== null && observed < lower),
  ).length
  if (!first || !last) return ''
  const span = `${momentWithZone(first.at, zone)} to ${momentWithZone(last.at, zone)}`
  return `Chart from ${span}: ${outside} of ${points.length} values lie outside the expected band. Arrow keys read them.`
}

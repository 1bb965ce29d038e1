import { useMemo, useState } from 'react'
import { useQuery } from 'urql'
import { useLocation, useSearch } from 'wouter'
import { now } from '../../clock.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Screen } from '../../ui/screen.tsx'
import { Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useZone } from '../../ui/time.tsx'
import { csvOf, download } from './csv.ts'
import { Figures } from './documents.ts'
import styles from './explore.module.css'
import { FiguresTable } from './figures-table.tsx'
import { LineFigure } from './line-figure.tsx'
import { linesOf } from './lines.ts'
import { parseSpan, SPAN_CHOICES, SPANS } from './search.ts'

const DAY = 86_400_000
const MINUTE = 60_000

/** Payments, money, refunds and disputes over time, with the anomalies as marks. */
export default function ExploreScreen() {
  const zone = useZone()
  const span = parseSpan(useSearch())
  const [, navigate] = useLocation()
  const [asTable, setAsTable] = useState(false)
  const variables = useMemo(() => {
    const { days, interval } = SPANS[span]
    // On the minute, so that coming back a moment later finds the same figures in the cache.
    const from = Math.floor((now() - days * DAY) / MINUTE) * MINUTE
    return { from: new Date(from).toISOString(), interval }
  }, [span])
  const [{ data, error }, again] = useQuery({ query: Figures, variables })
  const figures = data?.metrics
  const lines = useMemo(() => linesOf(figures ?? []), [figures])
  const marks = useMemo(
    () => (figures ?? []).filter(({ anomalies }) => anomalies > 0).map(({ at }) => at),
    [figures],
  )
  const quiet = figures?.every(
    ({ chargesSucceeded, chargesFailed }) => chargesSucceeded + chargesFailed === 0,
  )
  return (
    <Screen title="Explore">
      <div className={styles['bar']}>
        <Select
          label="Time"
          choices={SPAN_CHOICES}
          value={span}
          onChange={(chosen) => navigate(`/explore?span=${chosen}`, { replace: true })}
        />
        <Button small onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as charts' : 'Show as table'}
        </Button>
        <Button small onClick={() => download('billingwatch.csv', csvOf(lines))}>
          Download CSV
        </Button>
        <span className={styles['muted']}>Times in {zone}</span>
      </div>
      {error && <Failed error={error} what="the figures" onRetry={again} />}
      {!figures && !error && <Skeleton height={520} />}
      {quiet && (
        <Empty title="No payments in this time">They are counted as soon as Stripe’s events arrive.</Empty>
      )}
      {figures && !quiet && asTable && <FiguresTable lines={lines} />}
      {figures && !quiet && !asTable && (
        <>
          <p className={styles['muted']}>
            {marks.length === 0
              ? 'No anomalies in this time.'
              : 'A red line marks where anomalies were detected.'}
          </p>
          {lines.map((line) => (
            <LineFigure key={line.name} line={line} marks={marks} zone={zone} />
          ))}
        </>
      )}
    </Screen>
  )
}

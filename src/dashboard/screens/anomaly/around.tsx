import { useMemo, useState } from 'react'
import { useQuery } from 'urql'
import { now } from '../../clock.ts'
import { Button } from '../../ui/button.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useZone } from '../../ui/time.tsx'
import { Figures } from '../explore/documents.ts'
import { LineFigure } from '../explore/line-figure.tsx'
import { type Line, linesOf } from '../explore/lines.ts'
import styles from './anomaly.module.css'
import type { AnomalyDetail } from './documents.ts'

const DAY = 86_400_000

/** Days before it began and after it was last seen. */
const SPANS = [1, 7, 28] as const

/** What is to be seen of each kind, by the beginning of a line's name; of others the payments. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  CHARGE_FAILURE_SPIKE: ['Share of charges'],
  CARD_TESTING: ['Share of charges', 'Successful'],
  FRAUD_SPIKE: ['Disputes'],
  REFUND_SPIKE: ['Refunds'],
  REVENUE_DROP: ['Revenue'],
}

/** What the tenant's figures did before and after. */
export function Around({ anomaly }: { anomaly: AnomalyDetail }) {
  const { startedAt, lastSeenAt, endedAt, detectedAt, detector, impact } = anomaly
  const zone = useZone()
  const [days, setDays] = useState<(typeof SPANS)[number]>(7)
  const variables = useMemo(() => {
    const to = Math.min(now(), Date.parse(endedAt ?? lastSeenAt) + days * DAY)
    return {
      from: new Date(Date.parse(startedAt) - days * DAY).toISOString(),
      to: new Date(Math.max(to, Date.parse(startedAt) + 1)).toISOString(),
      interval: days === 28 ? ('DAY' as const) : ('HOUR' as const),
      livemode: anomaly.livemode,
    }
  }, [startedAt, endedAt, lastSeenAt, days, anomaly.livemode])
  const [{ data, error }, again] = useQuery({ query: Figures, variables })
  const lines = useMemo(
    () => chosen(linesOf(data?.metrics ?? []), LINES[detector] ?? ['Successful'], impact?.currency),
    [data, detector, impact],
  )
  const marks = useMemo(() => [detectedAt], [detectedAt])
  return (
    <section aria-labelledby="around">
      <div className={styles['figure-head']}>
        <h2 id="around">Before and after</h2>
        <div className={styles['spans']}>
          {SPANS.map((span) => (
            <Button key={span} small look="quiet" aria-pressed={span === days} onClick={() => setDays(span)}>
              ± {span} {span === 1 ? 'day' : 'days'}
            </Button>
          ))}
        </div>
      </div>
      {error && <Failed error={error} what="the figures" onRetry={again} />}
      {!data && !error && <Skeleton height={280} />}
      {lines.map((line) => (
        <LineFigure key={line.name} line={line} marks={marks} zone={zone} />
      ))}
    </section>
  )
}

/** In the currency of the anomaly, where it has one. */
function chosen(lines: readonly Line[], names: readonly string[], currency: string | undefined): Line[] {
  const fitting = lines.filter(({ name }) => names.some((beginning) => name.startsWith(beginning)))
  const own = fitting.filter(({ unit, name }) => unit !== 'MONEY' || name.endsWith(currency ?? name))
  return (own.length > 0 ? own : fitting).filter(({ points }) => points.length > 1).slice(0, 2)
}

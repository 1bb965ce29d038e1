import { useEffect } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { useConnection } from '../../api/use-connection.ts'
import { sentenceCase } from '../../text/words.ts'
import { Empty } from '../../ui/empty.tsx'
import { Failed } from '../../ui/failed.tsx'
import { SeverityMark } from '../../ui/severity.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Standing, standingOf } from '../../ui/standing.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { Actions } from './actions.tsx'
import { Activity } from './activity.tsx'
import styles from './anomaly.module.css'
import { Around } from './around.tsx'
import { AnomalyPage } from './documents.ts'
import { Events } from './events.tsx'
import { Evidence } from './evidence.tsx'
import { Facts } from './facts.tsx'
import { Neighbours } from './neighbours.tsx'
import { SeriesFigure } from './series-figure.tsx'
import { Subjects } from './subjects.tsx'

/** One anomaly: what happened, how that is known, what to do, and what was done. */
export default function AnomalyScreen({ id }: { id: string }) {
  const { feed } = useConnection()
  const [{ data, error, fetching }, again] = useQuery({
    query: AnomalyPage,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  useEffect(
    () => feed.listen((changed) => changed.id === id && again({ requestPolicy: 'network-only' })),
    [feed, id, again],
  )
  const anomaly = data?.anomaly
  useTitle(anomaly?.title.slice(0, 80) ?? 'Anomaly')
  if (!anomaly) return <Missing fetching={fetching} error={error} onRetry={again} />
  const standing = standingOf(anomaly)
  return (
    <article className={styles['screen']}>
      <div className={styles['top']}>
        <Link href="/">Inbox</Link>
        <Neighbours id={id} />
      </div>
      <header className={styles['head']}>
        <div className={styles['kind']}>
          <SeverityMark severity={anomaly.severity} />
          <span>{sentenceCase(anomaly.detector)}</span>
          {!anomaly.livemode && <span>Test mode</span>}
          {anomaly.origin === 'HISTORY' && <span>Found in history</span>}
        </div>
        <h1 className={styles['title']}>{anomaly.title}</h1>
        {standing && (
          <p className={styles['standing']}>
            <Standing {...standing} />
            {anomaly.falsePositiveReason && `: ${anomaly.falsePositiveReason}`}
          </p>
        )}
        <Actions anomaly={anomaly} />
      </header>
      <div className={styles['columns']}>
        <div className={styles['story']}>
          <section aria-labelledby="happened">
            <h2 id="happened">What happened</h2>
            <p>{anomaly.message}</p>
          </section>
          <section aria-labelledby="to-do">
            <h2 id="to-do">What to do</h2>
            <p>{anomaly.advice}</p>
          </section>
          <SeriesFigure anomaly={anomaly} />
          <Around anomaly={anomaly} />
          <Evidence measurements={anomaly.evidence} />
          <Subjects subjects={anomaly.subjects} />
          <Events id={id} />
          <Activity id={id} />
        </div>
        <Facts anomaly={anomaly} />
      </div>
    </article>
  )
}

interface MissingProps {
  fetching: boolean
  error: Parameters<typeof Failed>[0]['error']
  onRetry: () => void
}

function Missing({ fetching, error, onRetry }: MissingProps) {
  if (fetching)
    return (
      <div className={styles['screen']} aria-busy="true">
        <div className={styles['waiting']}>
          <Skeleton height={16} width={160} />
          <Skeleton height={28} width="60%" />
          <Skeleton height={32} width={320} />
          <Skeleton height={90} />
          <Skeleton height={280} />
        </div>
      </div>
    )
  if (error) return <Failed error={error} what="this anomaly" onRetry={onRetry} />
  return (
    <Empty title="Anomaly not found">
      There is none with this id, or it is another tenant’s. <Link href="/">To the inbox</Link>
    </Empty>
  )
}

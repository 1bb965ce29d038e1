import { useQuery } from 'urql'
import { Link } from 'wouter'
import { count, sentenceCase, slug } from '../../text/words.ts'
import { Empty } from '../../ui/empty.tsx'
import { Failed } from '../../ui/failed.tsx'
import styles from '../../ui/screen.module.css'
import { Screen } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { State } from '../../ui/state.tsx'
import { Detector } from './detector.tsx'
import { Detectors } from './documents.ts'

/** Every rule, what it found lately, and how to set it. */
export default function DetectorsScreen({ name }: { name: string | undefined }) {
  const [{ data, error }, again] = useQuery({ query: Detectors, requestPolicy: 'cache-and-network' })
  if (error && !data?.detectors) return <Failed error={error} what="the detectors" onRetry={again} />
  const detectors = data?.detectors
  const chosen = detectors?.find((one) => slug(one.name) === name)
  if (chosen)
    return (
      <Screen title={chosen.title}>
        <Detector key={chosen.id} detector={chosen} />
      </Screen>
    )
  if (detectors && name !== undefined) return <Empty title="Detector not found" />
  return (
    <Screen title="Detectors">
      {!detectors && <Skeleton height={560} />}
      {detectors && (
        <ul className={styles['rows']}>
          {detectors.map((detector) => (
            <li key={detector.id} className={styles['row']}>
              <div>
                <Link className={styles['name']} href={`/detectors/${slug(detector.name)}`}>
                  {detector.title || sentenceCase(detector.name)}
                </Link>
                <p className={styles['muted']}>{detector.description}</p>
              </div>
              <p className={styles['muted']}>
                {count(detector.stats.anomalies, 'anomaly', 'anomalies')} in 28 days
                {detector.stats.falsePositives > 0 && `, ${detector.stats.falsePositives} false`}
              </p>
              <State word={detector.enabled ? 'On' : 'Off'} mood={detector.enabled ? 'good' : 'plain'} />
            </li>
          ))}
        </ul>
      )}
    </Screen>
  )
}

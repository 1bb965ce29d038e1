import { useQuery } from 'urql'
import { Link } from 'wouter'
import { sentenceCase } from '../../text/words.ts'
import { Failed } from '../../ui/failed.tsx'
import styles from '../../ui/screen.module.css'
import { Skeleton } from '../../ui/skeleton.tsx'
import { State } from '../../ui/state.tsx'
import { Moment } from '../../ui/time.tsx'
import { ChannelDeliveries } from './channel-documents.ts'

/** The newest alerts to a channel, with what became of them and why. */
export function Deliveries({ id }: { id: string }) {
  const [{ data, error }, again] = useQuery({
    query: ChannelDeliveries,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  if (error) return <Failed error={error} what="what was sent" onRetry={again} />
  const deliveries = data?.alertDeliveries?.nodes
  if (!deliveries) return <Skeleton height={88} />
  if (deliveries.length === 0) return <p className={styles['muted']}>Nothing yet.</p>
  return (
    <ul>
      {deliveries.map(({ id: delivery, reason, state, why, createdAt, anomaly }) => (
        <li key={delivery} className={styles['row']}>
          <p>
            {anomaly ? (
              <Link href={`/a/${anomaly.id}`}>{anomaly.title.slice(0, 200)}</Link>
            ) : (
              sentenceCase(reason)
            )}
            {why !== null && <span className={styles['muted']}> {why}</span>}
          </p>
          <span className={styles['muted']}>
            <Moment at={createdAt} />
          </span>
          <State
            word={sentenceCase(state)}
            mood={state === 'DELIVERED' ? 'good' : state === 'FAILED' ? 'bad' : 'plain'}
          />
        </li>
      ))}
    </ul>
  )
}

import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { useMe } from '../../api/use-connection.ts'
import { Failed } from '../../ui/failed.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import styles from './events.module.css'

const EventPayload = graphql(`
  query EventPayload($id: ID!) { event(id: $id) { id payload } }
`)

/** What Stripe signed, while it is kept. */
export function Payload({ id }: { id: string }) {
  const viewer = useMe().role === 'VIEWER'
  const [{ data, error }, again] = useQuery({ query: EventPayload, variables: { id }, pause: viewer })
  if (viewer) return <p className={styles['muted']}>Payloads are shown to members.</p>
  if (error) return <Failed error={error} what="the payload" onRetry={again} />
  if (!data) return <Skeleton height={200} />
  const payload = data.event?.payload
  if (payload === null || payload === undefined)
    return <p className={styles['muted']}>Its payload was emptied: payloads are kept for a limited time.</p>
  return (
    <section className={styles['payload']} tabIndex={0} aria-label="Payload">
      <pre>{JSON.stringify(payload, undefined, 2)}</pre>
    </section>
  )
}

import { useState } from 'react'
import { useQuery } from 'urql'
import { Button } from '../../ui/button.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Moment } from '../../ui/time.tsx'
import eventStyles from '../events/events.module.css'
import { Payload } from '../events/payload.tsx'
import styles from './anomaly.module.css'
import { AnomalyEvents } from './documents.ts'

/** The webhook events that show it, page by page, with what Stripe signed. */
export function Events({ id }: { id: string }) {
  const [pages, setPages] = useState<(string | null)[]>([null])
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      {pages.map((after, index) => (
        <EventsPage
          key={after}
          id={id}
          after={after}
          onMore={index === pages.length - 1 ? (cursor) => setPages([...pages, cursor]) : undefined}
        />
      ))}
    </section>
  )
}

interface EventsPageProps {
  id: string
  after: string | null
  /** Asks for what follows; undefined where that is shown already. */
  onMore: ((cursor: string | null) => void) | undefined
}

function EventsPage({ id, after, onMore }: EventsPageProps) {
  const [{ data, error }, again] = useQuery({ query: AnomalyEvents, variables: { id, after } })
  if (error) return <Failed error={error} what="the events" onRetry={again} />
  const events = data?.anomaly?.events
  if (!events) return <Skeleton height={120} />
  return (
    <>
      {events.nodes.map((event) => (
        <Event key={event.id} {...event} />
      ))}
      {events.nodes.length === 0 && (
        <p className={styles['muted']}>It is known without an event of its own.</p>
      )}
      {events.pageInfo.hasNextPage && onMore && (
        <Button small onClick={() => onMore(events.pageInfo.endCursor)}>
          More events
        </Button>
      )}
    </>
  )
}

interface EventProps {
  id: string
  stripeId: string
  type: string
  createdAt: string
}

function Event({ id, stripeId, type, createdAt }: EventProps) {
  const [open, setOpen] = useState(false)
  return (
    <details className={eventStyles['event']} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span>{type}</span>
        <span />
        <code>{stripeId}</code>
        <span />
        <Moment at={createdAt} />
      </summary>
      {open && <Payload id={id} />}
    </details>
  )
}

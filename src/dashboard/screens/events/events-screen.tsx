import { useMemo, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { sentenceCase } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failed } from '../../ui/failed.tsx'
import { Screen } from '../../ui/screen.tsx'
import { Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Event } from './event.tsx'
import styles from './events.module.css'
import { type EventsSearch, eventFilterOf, eventsAddress, parseEvents, STATUSES } from './search.ts'
import { useEvents } from './use-events.ts'

const ANY = 'ANY'
const CHOICES = [
  [ANY, 'Any state'] as const,
  ...STATUSES.map((status) => [status, sentenceCase(status)] as const),
]

/** Stripe's events as they are stored, live. */
export default function EventsScreen() {
  const query = useSearch()
  const [, navigate] = useLocation()
  const search = useMemo(() => parseEvents(query), [query])
  const filter = useMemo(() => eventFilterOf(search), [search])
  const [live, setLive] = useState(true)
  const { rows, loading, error, hasMore, loadMore } = useEvents(filter, live)
  const change = (next: Partial<EventsSearch>): void =>
    navigate(eventsAddress({ ...search, ...next }), { replace: true })
  return (
    <Screen title="Events">
      <div className={styles['bar']}>
        <input
          type="search"
          className={styles['search']}
          aria-label="Search"
          placeholder="A type, or an id of Stripe’s"
          defaultValue={search.find}
          onKeyDown={(event) => event.key === 'Enter' && change({ find: event.currentTarget.value.trim() })}
          onBlur={(event) => change({ find: event.currentTarget.value.trim() })}
        />
        <Select
          label="State"
          choices={CHOICES}
          value={search.status ?? ANY}
          onChange={(status) => change({ status: status === ANY ? undefined : status })}
        />
        <Button small onClick={() => setLive(!live)} aria-pressed={live}>
          {live ? 'Pause' : 'Go on live'}
        </Button>
      </div>
      <section aria-label="Events" aria-busy={loading}>
        {error && <Failed error={error} what="the events" onRetry={loadMore} />}
        {loading && rows.length === 0 && <Skeleton height={480} />}
        {!loading && !error && rows.length === 0 && (
          <Empty title="No events">
            What Stripe delivers is here as soon as it is stored. Settings → Endpoints has the URL to give to
            Stripe.
          </Empty>
        )}
        {rows.map((event) => (
          <Event key={event.id} event={event} />
        ))}
        {hasMore && (
          <p>
            <Button onClick={loadMore} disabledBecause={loading ? 'Loading …' : undefined}>
              Older events
            </Button>
          </p>
        )}
      </section>
    </Screen>
  )
}

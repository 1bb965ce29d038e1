import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { sentenceCase } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failed } from '../../ui/failed.tsx'
import styles from '../../ui/screen.module.css'
import { Screen } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { State } from '../../ui/state.tsx'
import { HEALTH_MOODS } from '../health/tenant-health.tsx'
import { SharedTrouble } from './shared-trouble.tsx'

const Tenants = graphql(`
  query Tenants($search: String) {
    tenants(search: $search, first: 50, orderBy: { field: TROUBLE, direction: DESC }) {
      nodes { id name externalId suspended timezone health { status reasons } }
      pageInfo { hasNextPage }
    }
    sharedTrouble { detector startedAt tenants of }
  }
`)

interface TenantsScreenProps {
  onOpen: (id: string) => void
  onSignOut: () => void
}

/** For the operator: every tenant, and the way into each. */
export function TenantsScreen({ onOpen, onSignOut }: TenantsScreenProps) {
  const [search, setSearch] = useState('')
  const [{ data, error }, again] = useQuery({
    query: Tenants,
    variables: { search: search === '' ? null : search },
    requestPolicy: 'cache-and-network',
  })
  const tenants = data?.tenants
  return (
    <main style={{ height: '100dvh' }}>
      <Screen title="Tenants">
        <div className={styles['buttons']}>
          <input
            type="search"
            className={styles['search']}
            aria-label="Search"
            placeholder="A name or an id"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <Button small onClick={onSignOut}>
            Sign out
          </Button>
        </div>
        {error && <Failed error={error} what="the tenants" onRetry={again} />}
        {data?.sharedTrouble && <SharedTrouble troubles={data.sharedTrouble} />}
        {!tenants && !error && <Skeleton height={320} />}
        {tenants?.nodes.length === 0 && (
          <Empty title="No tenants">
            <code>billingwatch tenant create NAME</code> makes one.
          </Empty>
        )}
        {tenants && tenants.nodes.length > 0 && (
          <ul className={styles['rows']}>
            {tenants.nodes.map(({ id, name, externalId, suspended, timezone, health }) => (
              <li key={id} className={styles['row']}>
                <div>
                  <p className={styles['name']}>{name}</p>
                  <p className={styles['muted']}>
                    <code>{id}</code> · {timezone}
                    {externalId !== null && ` · ${externalId}`}
                  </p>
                </div>
                {suspended ? (
                  <State word="Suspended" mood="bad" />
                ) : (
                  <span title={health.reasons.join(' ')}>
                    <State word={sentenceCase(health.status)} mood={HEALTH_MOODS[health.status]} />
                  </span>
                )}
                <Button small onClick={() => onOpen(id)} aria-label={`Open ${name.slice(0, 200)}`}>
                  Open
                </Button>
              </li>
            ))}
          </ul>
        )}
        {tenants?.pageInfo.hasNextPage && (
          <p className={styles['muted']}>There are more: search for the one you look for.</p>
        )}
      </Screen>
    </main>
  )
}

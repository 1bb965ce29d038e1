import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql } from '../../api/graphql.ts'
import { now } from '../../clock.ts'
import { sentenceCase } from '../../text/words.ts'
import { ChannelState } from '../../ui/channel-state.tsx'
import { Failed } from '../../ui/failed.tsx'
import styles from '../../ui/screen.module.css'
import { Screen, Section } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { ConnectionFigures, ConnectionHealth } from './connection-health.tsx'
import { EndpointFigures, EndpointHealth } from './endpoint-health.tsx'
import { HealthFigures, TenantHealth } from './tenant-health.tsx'

const Health = graphql(
  `query Health($since: DateTime!) {
    tenant {
      id
      health { ...HealthFigures }
      webhookEndpoints { ...EndpointFigures }
      stripeConnections { ...ConnectionFigures }
    }
    alertChannels { id name kind state stateReason target }
  }`,
  [EndpointFigures, HealthFigures, ConnectionFigures],
)

/** Milliseconds between two looks. */
const EVERY = 15_000

const DAY = 86_400_000

/** Whether Stripe is heard, and whether people hear of it. */
export default function HealthScreen() {
  const [since] = useState(() => new Date(now() - DAY).toISOString())
  const [{ data, error }, again] = useQuery({
    query: Health,
    variables: { since },
    requestPolicy: 'cache-and-network',
  })
  useEffect(() => {
    const timer = setInterval(() => again({ requestPolicy: 'network-only' }), EVERY)
    return () => clearInterval(timer)
  }, [again])
  if (error && !data?.tenant) return <Failed error={error} what="how things are" onRetry={again} />
  return (
    <Screen title="Health">
      <Section title="Events">
        {data?.tenant ? <TenantHealth health={data.tenant.health} /> : <Skeleton height={120} />}
      </Section>
      <Section title="Webhook endpoints" about="What Stripe delivered within the last 24 hours.">
        {!data && <Skeleton height={200} />}
        {data?.tenant?.webhookEndpoints.map((endpoint) => (
          <EndpointHealth key={endpoint.id} endpoint={endpoint} />
        ))}
      </Section>
      <Section
        title="Connection to Stripe"
        about="With a key of Stripe’s API, what no webhook brought is filled in."
      >
        {data?.tenant?.stripeConnections?.length === 0 && (
          <p className={styles['muted']}>
            None yet: <code>billingwatch connect</code> makes one, and then this says up to when nothing is
            missing.
          </p>
        )}
        {data?.tenant?.stripeConnections?.map((connection) => (
          <ConnectionHealth key={connection.id} connection={connection} />
        ))}
      </Section>
      <Section title="Alert channels" action={<Link href="/settings/channels">Manage</Link>}>
        {data?.alertChannels?.length === 0 && (
          <p className={styles['muted']}>
            None yet: people hear of anomalies only while they look at this page.
          </p>
        )}
        {data?.alertChannels && data.alertChannels.length > 0 && (
          <ul className={styles['rows']}>
            {data.alertChannels.map(({ id, name, kind, state, stateReason, target }) => (
              <li key={id} className={styles['row']}>
                <div>
                  <p className={styles['name']}>{name}</p>
                  <p className={styles['muted']}>
                    {sentenceCase(kind)} · {target}
                    {stateReason !== null && ` · ${stateReason}`}
                  </p>
                </div>
                <ChannelState state={state} stateReason={stateReason} />
              </li>
            ))}
          </ul>
        )}
      </Section>
    </Screen>
  )
}

import { useEffect } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../api/graphql.ts'
import { useConnection } from '../../api/use-connection.ts'
import { money } from '../../text/money.ts'
import { duration } from '../../text/time.ts'
import { SeverityMark } from '../../ui/severity.tsx'
import { Age } from '../../ui/time.tsx'
import { useLast } from '../../ui/use-last.ts'
import styles from './strip.module.css'

const StripFigures = graphql(`
  query StripFigures {
    anomalyCounts(filter: { statuses: [OPEN], snoozed: false }) {
      bySeverity { severity count }
      atStake { amount currency decimal }
    }
    tenant {
      id
      webhookEndpoints { id lastDeliveryAt lagSecondsP50 deliveries(lastSeconds: 3600) { accepted duplicates } }
    }
  }
`)

/** Milliseconds between two looks at the figures, and at least between two that the feed asks for. */
const EVERY = 15_000
const SOON = 1_000

/** How things stand, in one line: what is open, what it may cost, and whether Stripe is heard. */
export function Strip() {
  const { feed } = useConnection()
  const [{ data: latest }, refresh] = useQuery({ query: StripFigures, requestPolicy: 'cache-and-network' })
  const data = useLast(latest)
  useEffect(() => {
    const again = (): void => refresh({ requestPolicy: 'network-only' })
    let soon: ReturnType<typeof setTimeout> | undefined
    const stop = feed.listen(() => {
      soon ??= setTimeout(() => {
        soon = undefined
        again()
      }, SOON)
    })
    const timer = setInterval(again, EVERY)
    return () => {
      stop()
      clearTimeout(soon)
      clearInterval(timer)
    }
  }, [feed, refresh])

  const open = (data?.anomalyCounts?.bySeverity ?? []).filter(({ count }) => count > 0).reverse()
  const atStake = (data?.anomalyCounts?.atStake ?? []).map(money).join(' · ')
  const endpoints = data?.tenant?.webhookEndpoints ?? []
  const lag = Math.max(...endpoints.map(({ lagSecondsP50 }) => lagSecondsP50 ?? -1))
  const last = endpoints
    .map(({ lastDeliveryAt }) => lastDeliveryAt ?? '')
    .sort()
    .at(-1)
  const delivered = endpoints.reduce(
    (sum, { deliveries }) => sum + deliveries.accepted + deliveries.duplicates,
    0,
  )

  return (
    <dl className={styles['strip']} aria-busy={!data}>
      <div className={styles['wide']}>
        <dt>Open</dt>
        <dd className={styles['open']}>
          {data && open.length === 0 && 'None'}
          {open.map(({ severity, count }) => (
            <span key={severity} className={styles['severity']}>
              <SeverityMark severity={severity} wordless />
              {count.toLocaleString('en-US')}
            </span>
          ))}
        </dd>
      </div>
      <div className={styles['money']}>
        <dt>Money at stake</dt>
        <dd title={atStake}>{data && (atStake || 'None')}</dd>
      </div>
      <div className={styles['delivered']}>
        <dt>Deliveries, last hour</dt>
        <dd>{data && delivered.toLocaleString('en-US')}</dd>
      </div>
      <div>
        <dt>Lag</dt>
        <dd>{data && (lag < 0 ? '–' : duration(lag))}</dd>
      </div>
      <div>
        <dt>Last delivery</dt>
        <dd>{data && (last ? <Age at={last} /> : 'Never')}</dd>
      </div>
    </dl>
  )
}

import { graphql, type ResultOf } from '../../api/graphql.ts'
import { duration } from '../../text/time.ts'
import { sentenceCase } from '../../text/words.ts'
import styles from '../../ui/screen.module.css'
import { Card, Pairs } from '../../ui/screen.tsx'
import { State } from '../../ui/state.tsx'
import { Age, Moment } from '../../ui/time.tsx'
import { DeliveryBars } from './delivery-bars.tsx'

export const EndpointFigures = graphql(`
  fragment EndpointFigures on WebhookEndpoint @_unmask {
    id
    name
    status
    lastDeliveryAt
    lastRefusal { at reason }
    lagSecondsP50
    lagSecondsP95
    deliveries(lastSeconds: 86400) { accepted duplicates badSignature throttled }
    deliverySeries(range: { from: $since }, interval: HOUR) { at accepted duplicates badSignature throttled }
  }
`)

type Figures = ResultOf<typeof EndpointFigures>

const MOODS: Readonly<Record<string, 'good' | 'bad'>> = { HEALTHY: 'good', FAILING: 'bad', SILENT: 'bad' }

/** What came in through one endpoint, and what was refused there and why. */
export function EndpointHealth({ endpoint }: { endpoint: Figures }) {
  const { name, status, lastDeliveryAt, lastRefusal, lagSecondsP50, lagSecondsP95, deliveries } = endpoint
  const lag = (seconds: number | null): string => (seconds === null ? '–' : duration(Math.max(0, seconds)))
  const number = (value: number): string => value.toLocaleString('en-US')
  return (
    <Card>
      <div className={styles['head']}>
        <p className={styles['name']}>{name.slice(0, 200)}</p>
        <State word={sentenceCase(status)} mood={MOODS[status] ?? 'plain'} />
      </div>
      <Pairs
        pairs={[
          ['Last delivery', lastDeliveryAt === null ? 'Never' : <Age key="last" at={lastDeliveryAt} />],
          ['Lag, median', lag(lagSecondsP50)],
          ['Lag, 95th percentile', lag(lagSecondsP95)],
          ['Accepted', number(deliveries.accepted)],
          ['Duplicates', number(deliveries.duplicates)],
          ['Bad signatures', number(deliveries.badSignature)],
          ['Throttled', number(deliveries.throttled)],
        ]}
      />
      <DeliveryBars points={endpoint.deliverySeries} />
      {lastRefusal && (
        <p>
          Last refusal <Moment at={lastRefusal.at} />:{' '}
          {REMEDIES[lastRefusal.reason] ?? sentenceCase(lastRefusal.reason)}
        </p>
      )}
    </Card>
  )
}

/** What to do about a refusal. */
const REMEDIES: Readonly<Record<string, string>> = {
  BAD_SIGNATURE:
    'its signature was made with no signing secret of this endpoint. Compare the one in Stripe with those under Settings → Endpoints.',
  MISSING_SIGNATURE: 'it had no signature. See whether a proxy in front of the server takes the header away.',
  STALE_SIGNATURE: 'its signature was more than five minutes old. Check the clock of the server.',
  THROTTLED: 'it was above the rate limit. Stripe sends it again; the operator can raise the limit.',
}

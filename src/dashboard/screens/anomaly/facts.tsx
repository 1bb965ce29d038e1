import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { money } from '../../text/money.ts'
import { SeverityMark } from '../../ui/severity.tsx'
import { Moment, useZone } from '../../ui/time.tsx'
import styles from './anomaly.module.css'
import type { AnomalyDetail } from './documents.ts'

/** The figures of it, beside the story. */
export function Facts({ anomaly }: { anomaly: AnomalyDetail }) {
  const zone = useZone()
  const { confidence, impact, occurrences, startedAt, detectedAt, lastSeenAt, endedAt, related } = anomaly
  return (
    <aside className={styles['facts']} aria-label="Facts">
      <dl>
        <Fact name="Money at stake">{impact ? money(impact) : 'Cannot be said'}</Fact>
        <Fact name="Signs">{occurrences.toLocaleString('en-US')}</Fact>
        <Fact name="Confidence">{sure(confidence)}</Fact>
        <Fact name="Began">
          <Moment at={startedAt} />
        </Fact>
        <Fact name="Detected">
          <Moment at={detectedAt} />
        </Fact>
        <Fact name="Last seen">
          <Moment at={lastSeenAt} />
        </Fact>
        {endedAt !== null && (
          <Fact name="Ended">
            <Moment at={endedAt} />
          </Fact>
        )}
        {anomaly.customerId !== null && (
          <Fact name="Customer">
            <code>{anomaly.customerId}</code>
          </Fact>
        )}
        {anomaly.account !== null && (
          <Fact name="Account">
            <code>{anomaly.account}</code>
          </Fact>
        )}
      </dl>
      <p className={styles['zone']}>Times in {zone}</p>
      {related.length > 0 && (
        <section aria-labelledby="related">
          <h2 id="related">Of the same cause</h2>
          <ul>
            {related.map(({ id, severity, title }) => (
              <li key={id}>
                <SeverityMark severity={severity} wordless />{' '}
                <Link href={`/a/${id}`}>{title.slice(0, 200)}</Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

/** No model is surer than this. */
const SUREST = 1e-6

/** Near certainty is said by its distance from it: 99.99 % and 99.9999 % differ a hundredfold. */
function sure(confidence: number): string {
  if (confidence >= 1) return 'Certain'
  const chance = 1 - confidence
  if (chance < SUREST) return 'Less than 1 in a million by chance'
  if (chance < 0.001)
    return `1 in ${Math.round(1 / chance).toLocaleString('en-US', { maximumSignificantDigits: 2 })} by chance`
  return `${(confidence * 100).toFixed(1)} %`
}

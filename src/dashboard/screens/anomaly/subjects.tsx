import { sentenceCase } from '../../text/words.ts'
import styles from './anomaly.module.css'
import type { AnomalyDetail } from './documents.ts'

/** The Stripe objects that it is about, with their pages in Stripe's dashboard. */
export function Subjects({ subjects }: { subjects: AnomalyDetail['subjects'] }) {
  if (subjects.length === 0) return null
  return (
    <section aria-labelledby="subjects">
      <h2 id="subjects">In Stripe</h2>
      <ul className={styles['subjects']}>
        {subjects.map(({ type, stripeId, url }) => (
          <li key={stripeId}>
            <span className={styles['muted']}>{sentenceCase(type)}</span>
            {url === null ? (
              <code>{stripeId}</code>
            ) : (
              <a href={url} target="_blank" rel="noreferrer">
                <code>{stripeId}</code>
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

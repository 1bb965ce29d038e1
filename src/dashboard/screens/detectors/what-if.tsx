import type { ReactNode } from 'react'
import { Link } from 'wouter'
import styles from '../../ui/screen.module.css'
import { SeverityMark } from '../../ui/severity.tsx'
import { Moment } from '../../ui/time.tsx'
import own from './detectors.module.css'
import type { PreviewedRow } from './documents.ts'
import type { WhatIf as Found } from './use-preview.ts'

/** What the last 28 days would have looked like with what the sliders say. */
export function WhatIf({ whatIf }: { whatIf: Found | undefined }) {
  return (
    <section className={own['what-if']} aria-label="What if">
      <h3>What if</h3>
      <Answer whatIf={whatIf} />
    </section>
  )
}

function Answer({ whatIf }: { whatIf: Found | undefined }) {
  if (whatIf === undefined)
    return (
      <p className={styles['muted']}>Move a slider: this says what the last 28 days would have been like.</p>
    )
  const { preview, problem } = whatIf
  if (problem !== undefined) return <p role="alert">{problem}</p>
  if (preview === undefined || preview.progress < 1)
    return (
      <p className={styles['muted']}>
        <progress
          className={own['progress']}
          value={preview?.progress ?? 0}
          aria-label="Events judged anew"
        />{' '}
        Judging the stored events anew …
      </p>
    )
  const { presentCount, proposedCount, removed, added, changed, judgedFrom } = preview
  const isSame = removed.length + added.length + changed.length === 0
  return (
    <>
      <p>
        <output>
          Last 28 days: <strong>{proposedCount}</strong> instead of <strong>{presentCount}</strong>.
          {isSame && ' Nothing would change.'}
        </output>
      </p>
      <Rows name="Gone" rows={removed} />
      <Rows name="New" rows={added} />
      <Rows name="Of another severity" rows={changed} />
      <p className={styles['muted']}>
        Judged from the events that are kept, the first of <Moment at={judgedFrom} />: what was learned before
        is not in it.
      </p>
    </>
  )
}

/** More than these nobody reads. */
const MOST = 10

function Rows({ name, rows }: { name: string; rows: readonly PreviewedRow[] }): ReactNode {
  if (rows.length === 0) return null
  return (
    <div>
      <p className={styles['name']}>{name}:</p>
      <ul className={own['previewed']}>
        {rows.slice(0, MOST).map(({ title, severity, detectedAt, customerId, anomaly }) => (
          <li key={`${detectedAt} ${customerId} ${title}`}>
            <SeverityMark severity={severity} />{' '}
            {anomaly ? <Link href={`/a/${anomaly.id}`}>{title.slice(0, 200)}</Link> : title.slice(0, 200)},{' '}
            <Moment at={detectedAt} />
          </li>
        ))}
        {rows.length > MOST && <li className={styles['muted']}>and {rows.length - MOST} more</li>}
      </ul>
    </div>
  )
}

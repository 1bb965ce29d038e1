import type { CombinedError } from 'urql'
import { requestIdOf, sentenceOf } from '../api/problems.ts'
import { Button } from './button.tsx'
import styles from './states.module.css'

interface FailedProps {
  error: CombinedError | undefined
  /** What could not be shown, e.g. `the anomalies`. */
  what: string
  onRetry: () => void
}

/** One part of the page that could not be loaded; the others go on. */
export function Failed({ error, what, onRetry }: FailedProps) {
  const requestId = requestIdOf(error)
  return (
    <div className={styles['failed']} role="alert">
      <h2>Could not load {what}</h2>
      <p>{sentenceOf(error)}</p>
      {requestId !== undefined && (
        <p className={styles['small']}>
          Request <code>{requestId}</code>
        </p>
      )}
      <Button small onClick={onRetry}>
        Try again
      </Button>
    </div>
  )
}

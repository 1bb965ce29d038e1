import { type Severity, severityWord } from '../text/severity.ts'
import styles from './severity.module.css'

/** Each has a shape of its own, since colours alone do not tell everybody apart. */
const SHAPES: Readonly<Record<Severity, string>> = {
  CRITICAL: 'M8 0.8 L15.2 8 L8 15.2 L0.8 8 Z',
  HIGH: 'M8 1.5 L15 14 L1 14 Z',
  MEDIUM: 'M2.5 2.5 H13.5 V13.5 H2.5 Z',
  LOW: 'M8 3 A5 5 0 1 1 7.99 3 Z M8 5 A3 3 0 1 0 8.01 5 Z',
}

/** A severity as shape, colour and word. */
export function SeverityMark({ severity, wordless = false }: { severity: Severity; wordless?: boolean }) {
  const word = severityWord(severity)
  return (
    <span className={`${styles['mark']} ${styles[severity.toLowerCase()] ?? ''}`} title={word}>
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
        <path d={SHAPES[severity]} fill="currentColor" />
      </svg>
      <span className={wordless ? styles['hidden'] : undefined}>{word}</span>
    </span>
  )
}

import { inUnit } from '../../text/measure.ts'
import { capitalized } from '../../text/words.ts'
import styles from './anomaly.module.css'
import type { Measurement } from './documents.ts'

/** What was measured against what is usual, one sentence each. */
export function Evidence({ measurements }: { measurements: readonly Measurement[] }) {
  if (measurements.length === 0) return null
  return (
    <section aria-labelledby="evidence">
      <h2 id="evidence">Evidence</h2>
      <ul className={styles['evidence']}>
        {measurements.map((measurement) => (
          <li key={`${measurement.name} ${measurement.currency ?? ''}`}>
            {capitalized(measurement.name)}:{' '}
            <strong>{inUnit(measurement.observed, measurement.unit, measurement.observedFormatted)}</strong>
            {against(measurement)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function against(measurement: Measurement): string {
  const { observed, expected, threshold, unit, expectedFormatted, thresholdFormatted } = measurement
  const usual = expected === null ? '' : `, where ${inUnit(expected, unit, expectedFormatted)} is usual`
  if (threshold === null) return usual
  const limit = inUnit(threshold, unit, thresholdFormatted)
  return `${usual}; unusual ${observed >= threshold ? `from ${limit} on` : `below ${limit}`}`
}

import type { Calendar } from '../../calendar/calendar.ts'
import type { Seconds } from '../../time.ts'
import type { Finding, SeriesPoint, Subject } from '../detector.ts'
import { confidenceOf } from '../statistics/threshold.ts'

/** What is known of any incident of a rate, whatever is counted. */
export interface Deviation {
  calendar: Calendar
  startedAt: Seconds
  /** The evidence, and how much of it is asked for. */
  nats: number
  needed: number
  /** Where absence shows it, one sign without any object. */
  signs?: number
  subjects?: readonly Subject[]
  events?: readonly string[]
  /** Only with the first sign, as things stood then: by the time that it is asked for the state has moved on. */
  series?: readonly SeriesPoint[] | undefined
}

type InOwnWords = 'severity' | 'title' | 'message' | 'advice' | 'impact' | 'evidence'

/** A finding of what is simply so: no chance is weighed. */
export const certainFinding = (
  fingerprint: string,
  own: Omit<Finding, 'fingerprint' | 'confidence' | 'signs'> & Pick<Partial<Finding>, 'signs'>,
): Finding => ({ fingerprint, confidence: 1, signs: 1, ...own })

/** A finding of the stream's one incident, unless a fingerprint says of which. The evidence itself is measured last. */
export const rateFinding = (
  { startedAt, nats, needed, signs = 1, subjects = [], events, series }: Deviation,
  own: Pick<Finding, InOwnWords> & Pick<Partial<Finding>, 'fingerprint' | 'endsAfter'>,
): Finding => ({
  fingerprint: '',
  confidence: confidenceOf(nats),
  startedAt,
  signs,
  subjects,
  events,
  series: series && (() => series),
  ...own,
  evidence: [...own.evidence, { name: 'evidence', observed: nats, threshold: needed, unit: 'SCORE' }],
})

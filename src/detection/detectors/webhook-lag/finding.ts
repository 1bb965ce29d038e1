import type { Calendar } from '../../../calendar/calendar.ts'
import { HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { count, roughSpan, sentence, whole } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'
import type { Lateness } from './lateness.ts'

const ADVICE =
  'Open the webhook endpoint in Stripe (Developers, Webhooks) and look for failed deliveries or a disabled endpoint, then check status.stripe.com and that this service can be reached. Once events arrive again, replay what is missing from the last 30 days.'

interface Disturbance {
  calendar: Calendar
  startedAt: Seconds
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

/** Puts late deliveries into words and numbers. */
export function lateFinding(
  disturbance: Disturbance & {
    lateness: Lateness & { usual: number; nats: number }
    needed: number
    signs: number
    lateAfter: Seconds
    minLate: number
    minShare: number
    subjects: Subject[]
    events: string[]
  },
): Finding {
  const { lateness, lateAfter, startedAt, signs, subjects, events, series } = disturbance
  const { late, arrivals, median, usual, nats } = lateness
  const share = late / arrivals
  return {
    fingerprint: '',
    severity: severityOfLag(median),
    confidence: confidenceOf(nats),
    title: `Stripe's events arrive about ${roughSpan(median)} late`,
    message: `${whole(late)} of ${count(arrivals, 'event')} in the last 3 hours have arrived late (${percent(share)}), where ${about(usual)} would be usual. ${sentence(`the oldest is from ${disturbance.calendar.momentInWords(startedAt)}, and half of the late ones were at least ${roughSpan(median)} late`, sureness(nats, disturbance.needed))}`,
    advice: ADVICE,
    startedAt,
    signs,
    subjects,
    events,
    evidence: [
      { name: 'late events', observed: late, expected: usual, threshold: disturbance.minLate, unit: 'COUNT' },
      { name: 'late share', observed: share, expected: 0, threshold: disturbance.minShare, unit: 'RATIO' },
      {
        name: 'median delay',
        observed: median,
        expected: 0,
        threshold: lateAfter,
        unit: 'SECONDS',
      },
      { name: 'evidence', observed: nats, threshold: disturbance.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

/** Puts a silence into words and numbers. */
export function silenceFinding(
  disturbance: Disturbance & {
    since: Seconds
    now: Seconds
    usual: number
    minSilence: Seconds
    nats: number
    needed: number
  },
): Finding {
  const { startedAt, since, now, usual, minSilence, nats, needed, series } = disturbance
  const silent = now - since
  return {
    fingerprint: '',
    severity: silent > 6 * HOUR ? 'CRITICAL' : 'HIGH',
    confidence: confidenceOf(nats),
    title: `No events from Stripe for ${roughSpan(silent)}`,
    message: `No events have arrived from Stripe since ${disturbance.calendar.momentInWords(since)}, where ${about(usual)} would be usual by now. ${sentence(sureness(nats, needed), 'other alarms about missing payments wait until events arrive again')}`,
    advice: ADVICE,
    startedAt,
    signs: 1,
    subjects: [],
    evidence: [
      { name: 'silence', observed: silent, threshold: minSilence, unit: 'SECONDS' },
      { name: 'deliveries', observed: 0, expected: usual, unit: 'COUNT' },
      { name: 'evidence', observed: nats, threshold: needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

const severityOfLag = (median: Seconds): Severity =>
  median > 6 * HOUR ? 'CRITICAL' : median > 30 * MINUTE ? 'HIGH' : 'MEDIUM'

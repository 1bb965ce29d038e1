import { HOUR, MINUTE, type Seconds } from '../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../detector.ts'
import { confidenceOf } from '../statistics/threshold.ts'
import { moment, span } from '../words.ts'
import { about, percent } from './figures.ts'
import type { Lateness } from './lateness.ts'

const ADVICE =
  'Open the webhook endpoint in Stripe (Developers, Webhooks) and look for failed deliveries, a disabled endpoint or an incident at Stripe; then check that this service is up and reachable. Once events flow again, replay what is missing from the last 30 days.'

interface Told {
  startedAt: Seconds
  signs: number
  series: () => SeriesPoint[]
}

/** Puts late deliveries into words and numbers. */
export function lateFinding(
  told: Told & {
    lateness: Lateness
    lateAfter: Seconds
    minLate: number
    minShare: number
    subjects: Subject[]
    events: string[]
  },
): Finding {
  const { lateness, lateAfter, startedAt, signs, subjects, events, series } = told
  const { late, arrivals, median } = lateness
  const share = late / arrivals
  return {
    fingerprint: '',
    severity: severityOfLag(median),
    confidence: 1,
    title: `Stripe's events arrive ${span(median)} late`,
    message: `${late} of the ${arrivals} events of the last 3 hours (${percent(share)}) came more than ${span(lateAfter)} after they happened, half of these at least ${span(median)} late; the oldest happened at ${moment(startedAt)}. Hardly any are late usually.`,
    advice: ADVICE,
    startedAt,
    signs,
    subjects,
    events,
    evidence: [
      { name: 'late events', observed: late, expected: 0, threshold: told.minLate, unit: 'COUNT' },
      { name: 'share of late events', observed: share, expected: 0, threshold: told.minShare, unit: 'RATIO' },
      {
        name: 'median lag of late events',
        observed: median,
        expected: 0,
        threshold: lateAfter,
        unit: 'SECONDS',
      },
    ],
    series,
  }
}

/** Puts a silence into words and numbers. */
export function silenceFinding(
  told: Told & { now: Seconds; usual: number; minSilence: Seconds; nats: number; needed: number },
): Finding {
  const { startedAt, signs, now, usual, minSilence, nats, needed, series } = told
  const silent = now - startedAt
  return {
    fingerprint: '',
    severity: silent > 6 * HOUR ? 'CRITICAL' : 'HIGH',
    confidence: confidenceOf(nats),
    title: `No events from Stripe for ${span(silent)}`,
    message: `Nothing has arrived from Stripe since ${moment(startedAt)}, where about ${about(usual)} separate deliveries would be usual in that time. Other alarms about missing payments wait until events arrive again.`,
    advice: ADVICE,
    startedAt,
    signs,
    subjects: [],
    evidence: [
      { name: 'silence', observed: silent, threshold: minSilence, unit: 'SECONDS' },
      { name: 'deliveries', observed: 0, expected: usual, unit: 'COUNT' },
      { name: 'evidence', observed: nats, threshold: needed, unit: 'SCORE' },
    ],
    series,
  }
}

const severityOfLag = (median: Seconds): Severity =>
  median > 6 * HOUR ? 'CRITICAL' : median > 30 * MINUTE ? 'HIGH' : 'MEDIUM'

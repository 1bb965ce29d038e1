import { HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { about, percent } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { moment, span } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'
import type { Lateness } from './lateness.ts'

const ADVICE =
  'Open the webhook endpoint in Stripe (Developers, Webhooks) and look for failed deliveries, a disabled endpoint or an incident at Stripe; then check that this service is up and reachable. Once events flow again, replay what is missing from the last 30 days.'

interface Told {
  startedAt: Seconds
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

/** Puts late deliveries into words and numbers. */
export function lateFinding(
  told: Told & {
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
  const { lateness, lateAfter, startedAt, signs, subjects, events, series } = told
  const { late, arrivals, median, usual, nats } = lateness
  const share = late / arrivals
  return {
    fingerprint: '',
    severity: severityOfLag(median),
    confidence: confidenceOf(nats),
    title: `Stripe's events arrive ${span(median)} late`,
    message: `${late} of the ${arrivals} events of the last 3 hours (${percent(share)}) came more than ${span(lateAfter)} after they happened, half of these at least ${span(median)} late; the oldest happened at ${moment(startedAt)}. About ${about(usual)} late ones would be usual.`,
    advice: ADVICE,
    startedAt,
    signs,
    subjects,
    events,
    evidence: [
      { name: 'late events', observed: late, expected: usual, threshold: told.minLate, unit: 'COUNT' },
      { name: 'share of late events', observed: share, expected: 0, threshold: told.minShare, unit: 'RATIO' },
      {
        name: 'median lag of late events',
        observed: median,
        expected: 0,
        threshold: lateAfter,
        unit: 'SECONDS',
      },
      { name: 'evidence', observed: nats, threshold: told.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

/** Puts a silence into words and numbers. */
export function silenceFinding(
  told: Told & {
    since: Seconds
    now: Seconds
    usual: number
    minSilence: Seconds
    nats: number
    needed: number
  },
): Finding {
  const { startedAt, since, now, usual, minSilence, nats, needed, series } = told
  const silent = now - since
  return {
    fingerprint: '',
    severity: silent > 6 * HOUR ? 'CRITICAL' : 'HIGH',
    confidence: confidenceOf(nats),
    title: `No events from Stripe for ${span(silent)}`,
    message: `Nothing has arrived from Stripe since ${moment(since)}, where about ${about(usual)} separate deliveries would be usual in that time. Other alarms about missing payments wait until events arrive again.`,
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

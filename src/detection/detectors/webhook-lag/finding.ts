import { HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { Finding, Severity } from '../../detector.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { count, roughSpan, sentence, whole } from '../../kit/words.ts'
import type { Lateness } from './lateness.ts'

const ADVICE =
  'Open the webhook endpoint in Stripe (Developers, Webhooks) and look for failed deliveries or a disabled endpoint, then check status.stripe.com and that this service can be reached. Once events arrive again, replay what is missing from the last 30 days.'

/** What is known of deliveries that come late. */
export interface LateDeliveries extends Deviation, Lateness {
  usual: number
  lateAfter: Seconds
  minLate: number
  minShare: number
}

/** Puts late deliveries into words and numbers. */
export function lateFinding(deliveries: LateDeliveries): Finding {
  const { late, arrivals, median, usual, lateAfter, minLate, minShare } = deliveries
  const share = late / arrivals
  const since = deliveries.calendar.momentInWords(deliveries.startedAt)
  return rateFinding(deliveries, {
    severity: severityOfLag(median),
    title: `Stripe's events arrive about ${roughSpan(median)} late`,
    message: `${whole(late)} of ${count(arrivals, 'event')} in the last 3 hours have arrived late (${percent(share)}), where ${about(usual)} would be usual. ${sentence(`the oldest is from ${since}, and half of the late ones were at least ${roughSpan(median)} late`, sureness(deliveries.nats, deliveries.needed))}`,
    advice: ADVICE,
    evidence: [
      { name: 'late events', observed: late, expected: usual, threshold: minLate, unit: 'COUNT' },
      { name: 'late share', observed: share, expected: 0, threshold: minShare, unit: 'RATIO' },
      { name: 'median delay', observed: median, expected: 0, threshold: lateAfter, unit: 'SECONDS' },
    ],
  })
}

/** What is known of a silence. */
export interface LongSilence extends Deviation {
  since: Seconds
  now: Seconds
  usual: number
  minSilence: Seconds
}

/** Puts a silence into words and numbers. */
export function silenceFinding(silence: LongSilence): Finding {
  const { since, now, usual, minSilence, nats, needed } = silence
  const silent = now - since
  return rateFinding(silence, {
    severity: silent > 6 * HOUR ? 'CRITICAL' : 'HIGH',
    title: `No events from Stripe for ${roughSpan(silent)}`,
    message: `No events have arrived from Stripe since ${silence.calendar.momentInWords(since)}, where ${about(usual)} would be usual by now. ${sentence(sureness(nats, needed), 'other alarms about missing payments wait until events arrive again')}`,
    advice: ADVICE,
    evidence: [
      { name: 'silence', observed: silent, threshold: minSilence, unit: 'SECONDS' },
      { name: 'deliveries', observed: 0, expected: usual, unit: 'COUNT' },
    ],
  })
}

const severityOfLag = (median: Seconds): Severity =>
  median > 6 * HOUR ? 'CRITICAL' : median > 30 * MINUTE ? 'HIGH' : 'MEDIUM'

import type { Calendar } from '../../../calendar/calendar.ts'
import { HOUR, MINUTE, type Seconds } from '../../../time.ts'
import type { Finding, Severity } from '../../detector.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { certainFinding, type Deviation, rateFinding } from '../../kit/finding.ts'
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
  /** Since when Stripe's API does not say whether anything is missing; undefined: it does, or is not asked. */
  unansweredSince: Seconds | undefined
}

/** Puts a silence into words and numbers. */
export function silenceFinding(silence: LongSilence): Finding {
  const { since, now, usual, minSilence, nats, needed, unansweredSince } = silence
  const unknown =
    unansweredSince === undefined
      ? ''
      : ` Whether any are missing is not known: Stripe's API has not answered since ${silence.calendar.momentInWords(unansweredSince)}.`
  const silent = now - since
  return rateFinding(silence, {
    severity: silent > 6 * HOUR ? 'CRITICAL' : 'HIGH',
    title: `No events from Stripe for ${roughSpan(silent)}`,
    message: `No events have arrived from Stripe since ${silence.calendar.momentInWords(since)}, where ${about(usual)} would be usual by now. ${sentence(sureness(nats, needed), 'other alarms about missing payments wait until events arrive again')}${unknown}`,
    advice: ADVICE,
    evidence: [
      { name: 'silence', observed: silent, threshold: minSilence, unit: 'SECONDS' },
      { name: 'deliveries', observed: 0, expected: usual, unit: 'COUNT' },
    ],
  })
}

/** What is known of events that never came by webhook. */
export interface MissedEvents {
  calendar: Calendar
  startedAt: Seconds
  first: Seconds
  last: Seconds
  count: number
  signs: number
  /** Of the events of these hours. */
  share: number
  minLate: number
  /** Whether nothing has come since the first of them. */
  silent: boolean
  /** How the endpoint stands at Stripe, where that is why. */
  endpoint: string | null | undefined
  events: readonly string[]
}

const MEND =
  "Look at the webhook endpoint in Stripe (Developers, Webhooks): is it enabled, is its URL this server's, what do its deliveries fail with? Nothing is lost: what is missing is filled in from Stripe's API."
const ENABLE =
  "Enable the webhook endpoint in Stripe (Developers, Webhooks), or create it anew by connecting once more. Nothing is lost: what is missing is filled in from Stripe's API."

/** Puts events into words and numbers that Stripe has and no webhook brought: that is simply so. */
export function missedFinding(missed: MissedEvents): Finding {
  const { first, last, count: all, share, minLate, silent, endpoint, signs, events, startedAt } = missed
  const since = missed.calendar.momentInWords(first)
  const shut = endpoint !== null && endpoint !== undefined
  const how = shut
    ? `Stripe says that the endpoint is ${endpoint}`
    : silent
      ? 'nothing has come by webhook since'
      : `that is ${percent(share)} of the events of these hours`
  return certainFinding('', {
    severity: silent && last - first > 6 * HOUR ? 'CRITICAL' : 'HIGH',
    title: shut
      ? `Stripe has ${endpoint} the webhook endpoint`
      : `${count(all, 'event')} did not come by webhook`,
    message: `${count(all, 'event')} since ${since} did not come by webhook and were found at Stripe's API. ${sentence(how, 'they are filled in, and judged as if they had come')}`,
    advice: shut ? ENABLE : MEND,
    startedAt,
    signs,
    subjects: events.map((id) => ({ type: 'event', id })),
    events,
    evidence: [
      { name: 'missing events', observed: all, expected: 0, threshold: minLate, unit: 'COUNT' },
      { name: 'missing share', observed: share, expected: 0, unit: 'RATIO' },
    ],
  })
}

/** Puts into words that Stripe delivers nothing to the endpoint, whatever would come. */
export function shutFinding(
  endpoint: string,
  { startedAt, calendar }: { startedAt: Seconds; calendar: Calendar },
): Finding {
  return certainFinding('', {
    severity: 'HIGH',
    title: `Stripe has ${endpoint} the webhook endpoint`,
    message: `Stripe's API says that the webhook endpoint is ${endpoint}, at least since ${calendar.momentInWords(startedAt)}: it delivers nothing there.`,
    advice: ENABLE,
    startedAt,
    subjects: [],
    evidence: [{ name: 'missing events', observed: 0, expected: 0, unit: 'COUNT' }],
  })
}

const severityOfLag = (median: Seconds): Severity =>
  median > 6 * HOUR ? 'CRITICAL' : median > 30 * MINUTE ? 'HIGH' : 'MEDIUM'

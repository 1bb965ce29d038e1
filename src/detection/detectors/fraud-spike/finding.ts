import type { Calendar } from '../../../calendar/calendar.ts'
import type { Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { largestAmount, type Sums, worthOf } from '../../kit/amounts.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { commonestReason } from '../../kit/reasons.ts'
import { courseOf } from '../../kit/series.ts'
import { count, sentence } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'

/** What is known of a spike of disputes and fraud reports. */
export interface FraudSpike {
  calendar: Calendar
  flags: number
  /** Expected in the same time, with the margin. */
  usual: number
  minFlags: number
  nats: number
  needed: number
  startedAt: Seconds
  amounts: Sums
  reasons: Sums
  /** Of about the last 30 days. */
  recent: { flags: number; payments: number }
  signs: number
  subjects: Subject[]
  events: string[]
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

/** Card schemes put merchants into monitoring programmes from about this share on. */
const PROGRAMME = { share: 0.0075, flags: 20 }

/** Puts a spike of disputes into words and numbers. */
export function fraudFinding(spike: FraudSpike): Finding {
  const { flags, usual, recent, startedAt, signs, subjects, events, series } = spike
  const impact = largestAmount(spike.amounts)
  const share = recent.payments > 0 ? Math.min(1, recent.flags / recent.payments) : 0
  const isWatched = recent.flags >= PROGRAMME.flags && recent.payments > 0 && share >= PROGRAMME.share
  const watched = isWatched
    ? `in the last 30 days it was ${percent(share)} of all payments, and card networks act from about ${percent(PROGRAMME.share)} on`
    : undefined
  return {
    fingerprint: '',
    severity: isWatched ? 'CRITICAL' : severityOf(flags),
    confidence: confidenceOf(spike.nats),
    title: `${count(flags, 'payment')} disputed or reported as fraud, usually ${about(usual)}`,
    message: `${count(flags, 'payment')} have been disputed or reported as fraud since ${spike.calendar.momentInWords(startedAt)}, where ${about(usual)} would be usual. ${sentence(worthOf(impact), commonestReason(spike.reasons), watched, sureness(spike.nats, spike.needed))}`,
    advice:
      'Find out first what these payments have in common (card country, address, product, day of purchase) and add a Radar rule against it. Then hold back goods not yet sent, refund reported payments that are not disputed yet, and answer the disputes before they are due.',
    startedAt,
    signs,
    ...(impact === undefined ? {} : { impact }),
    subjects,
    events,
    evidence: [
      {
        name: 'disputed or reported',
        observed: flags,
        expected: usual,
        threshold: spike.minFlags,
        unit: 'COUNT',
      },
      { name: 'share in 30 days', observed: share, threshold: PROGRAMME.share, unit: 'RATIO' },
      { name: 'evidence', observed: spike.nats, threshold: spike.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

const severityOf = (flags: number): Severity => (flags >= 15 ? 'CRITICAL' : flags >= 6 ? 'HIGH' : 'MEDIUM')

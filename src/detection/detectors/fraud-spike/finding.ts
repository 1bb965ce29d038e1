import type { Calendar } from '../../../calendar/calendar.ts'
import { format } from '../../../stripe/money.ts'
import type { Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { largest, largestAmount, type Sums } from '../../kit/amounts.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { capital } from '../../kit/words.ts'
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
  const reason = largest(spike.reasons)
  const share = recent.payments > 0 ? Math.min(1, recent.flags / recent.payments) : 0
  const isWatched = recent.flags >= PROGRAMME.flags && recent.payments > 0 && share >= PROGRAMME.share
  const often =
    reason === undefined || reason.name === 'unknown' ? '' : `, most often as ${reason.name} (${reason.sum})`
  const money = impact === undefined ? '' : `They come to ${format(impact.amount, impact.currency)}; `
  const watched = isWatched
    ? ` In the last 30 days ${percent(share)} of payments were; card networks begin monitoring programmes at about ${percent(PROGRAMME.share)}.`
    : ''
  const sure = `this is ${sureness(spike.nats, spike.needed)}`
  return {
    fingerprint: '',
    severity: isWatched ? 'CRITICAL' : severityOf(flags),
    confidence: confidenceOf(spike.nats),
    title: `${flags} payments disputed or reported as fraud`,
    message: `${flags} payments were disputed or reported as fraud since ${spike.calendar.momentInWords(startedAt)}${often}, where at most ${about(usual)} would be usual. ${money === '' ? capital(sure) : `${money}${sure}`}.${watched}`,
    advice:
      'Look at what these payments share (card country, address, product, day of purchase) and add a Radar rule against it. Refund reported payments that are not disputed yet, hold back goods not yet sent, and answer the disputes before they are due.',
    startedAt,
    signs,
    ...(impact === undefined ? {} : { impact }),
    subjects,
    events,
    evidence: [
      {
        name: 'payments disputed or reported',
        observed: flags,
        expected: usual,
        threshold: spike.minFlags,
        unit: 'COUNT',
      },
      { name: 'share of payments in 30 days', observed: share, threshold: PROGRAMME.share, unit: 'RATIO' },
      { name: 'evidence', observed: spike.nats, threshold: spike.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

const severityOf = (flags: number): Severity => (flags >= 15 ? 'CRITICAL' : flags >= 6 ? 'HIGH' : 'MEDIUM')

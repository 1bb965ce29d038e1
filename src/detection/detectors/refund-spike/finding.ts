import type { Calendar } from '../../../calendar/calendar.ts'
import { format } from '../../../stripe/money.ts'
import { HOUR, type Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { largestAmount, type Sums } from '../../kit/amounts.ts'
import { about, sureness, times } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { span } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'

/** What is known of a spike of refunds. */
export interface RefundSpike {
  calendar: Calendar
  refunds: number
  usual: number
  /** Length of the window that both are counted in. */
  hours: number
  minRefunds: number
  minTimes: number
  nats: number
  needed: number
  startedAt: Seconds
  amounts: Sums
  signs: number
  subjects: Subject[]
  events: string[]
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

/** Puts a spike of refunds into words and numbers. */
export function refundFinding(spike: RefundSpike): Finding {
  const { refunds, usual, startedAt, signs, subjects, events, series } = spike
  const impact = largestAmount(spike.amounts)
  const ratio = refunds / usual
  const since = spike.calendar.momentInWords(startedAt)
  const money =
    impact === undefined ? '' : `The refunds come to ${format(impact.amount, impact.currency)}; this is `
  return {
    fingerprint: '',
    severity: severityOf(ratio, refunds),
    confidence: confidenceOf(spike.nats),
    title: `${refunds} payments refunded, ${times(ratio)} the usual number`,
    message: `${refunds} payments were refunded since ${since}, where about ${about(usual)} would be usual in ${span(spike.hours * HOUR)}. ${money === '' ? 'This is ' : money}${sureness(spike.nats, spike.needed)}.`,
    advice:
      'See in Stripe who made these refunds (a person, an API key, an app) and for which product. If nobody meant to, revoke that access first; if customers asked for them, find what broke or was promised wrongly.',
    startedAt,
    signs,
    ...(impact === undefined ? {} : { impact }),
    subjects,
    events,
    evidence: [
      {
        name: 'refunded payments',
        observed: refunds,
        expected: usual,
        threshold: Math.max(spike.minRefunds, spike.minTimes * usual),
        unit: 'COUNT',
      },
      { name: 'times the usual', observed: ratio, expected: 1, threshold: spike.minTimes, unit: 'RATIO' },
      { name: 'evidence', observed: spike.nats, threshold: spike.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

const severityOf = (ratio: number, refunds: number): Severity =>
  ratio >= 8 && refunds >= 20 ? 'CRITICAL' : ratio >= 4 ? 'HIGH' : 'MEDIUM'

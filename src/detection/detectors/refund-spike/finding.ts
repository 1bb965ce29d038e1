import type { Calendar } from '../../../calendar/calendar.ts'
import { HOUR, type Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { largestAmount, type Sums, worthOf } from '../../kit/amounts.ts'
import { about, sureness } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { count, roughSpan, sentence } from '../../kit/words.ts'
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
  return {
    fingerprint: '',
    severity: severityOf(ratio, refunds),
    confidence: confidenceOf(spike.nats),
    title: `${count(refunds, 'payment')} refunded, usually ${about(usual)}`,
    message: `${count(refunds, 'payment')} have been refunded since ${since}, where ${about(usual)} would be usual within ${roughSpan(spike.hours * HOUR)}. ${sentence(worthOf(impact), sureness(spike.nats, spike.needed))}`,
    advice:
      'Check first in Stripe who made these refunds (a person, an API key, an app) and for which product. If nobody meant to, revoke that access at once; if customers asked for them, find out what broke or was promised wrongly.',
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

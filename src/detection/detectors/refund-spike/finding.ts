import { HOUR } from '../../../time.ts'
import type { Finding, Severity } from '../../detector.ts'
import { largestAmount, type Sums, worthOf } from '../../kit/amounts.ts'
import { about, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { count, roughSpan, sentence } from '../../kit/words.ts'

/** What is known of a spike of refunds. */
export interface RefundSpike extends Deviation {
  refunds: number
  usual: number
  /** Length of the window that both are counted in. */
  hours: number
  minRefunds: number
  minTimes: number
  amounts: Sums
}

/** Puts a spike of refunds into words and numbers. */
export function refundFinding(spike: RefundSpike): Finding {
  const { refunds, usual, minRefunds, minTimes } = spike
  const impact = largestAmount(spike.amounts)
  const ratio = refunds / usual
  const threshold = Math.max(minRefunds, minTimes * usual)
  const since = spike.calendar.momentInWords(spike.startedAt)
  return rateFinding(spike, {
    severity: severityOf(ratio, refunds),
    title: `${count(refunds, 'payment')} refunded, usually ${about(usual)}`,
    message: `${count(refunds, 'payment')} have been refunded since ${since}, where ${about(usual)} would be usual within ${roughSpan(spike.hours * HOUR)}. ${sentence(worthOf(impact), sureness(spike.nats, spike.needed))}`,
    advice:
      'Check first in Stripe who made these refunds (a person, an API key, an app) and for which product. If nobody meant to, revoke that access at once; if customers asked for them, find out what broke or was promised wrongly.',
    impact,
    evidence: [
      { name: 'refunded payments', observed: refunds, expected: usual, threshold, unit: 'COUNT' },
      { name: 'times the usual', observed: ratio, expected: 1, threshold: minTimes, unit: 'RATIO' },
    ],
  })
}

const severityOf = (ratio: number, refunds: number): Severity =>
  ratio >= 8 && refunds >= 20 ? 'CRITICAL' : ratio >= 4 ? 'HIGH' : 'MEDIUM'

import { format } from '../../stripe/money.ts'
import type { Seconds } from '../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../detector.ts'
import { confidenceOf } from '../statistics/threshold.ts'
import { moment } from '../words.ts'
import { largest, largestAmount, type Sums } from './amounts.ts'
import { adviceFor } from './declines.ts'
import { percent } from './figures.ts'
import { courseOf } from './series.ts'

/** What is known of a spike of failing payments. */
export interface FailureSpike {
  failed: number
  payments: number
  /** Usual share, and whether it is only taken for usual because nothing is known yet. */
  usual: number
  isBelief: boolean
  /** Share from which it is told. */
  bar: number
  minFailures: number
  nats: number
  needed: number
  startedAt: Seconds
  amounts: Sums
  codes: Sums
  signs: number
  subjects: Subject[]
  events: string[]
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

/** Puts a spike of failing payments into words and numbers. */
export function failureFinding(spike: FailureSpike): Finding {
  const { failed, payments, usual, isBelief, startedAt, signs, subjects, events, series } = spike
  const share = failed / payments
  const impact = largestAmount(spike.amounts)
  const commonest = largest(spike.codes)
  const code = commonest?.name === 'unknown' ? undefined : commonest?.name
  const sentences = [
    `${failed} of ${payments} payments since ${moment(startedAt)} failed (${percent(share)}), ${isBelief ? `where about ${percent(usual)} is taken as usual: there is no history yet` : `where ${percent(usual)} is usual here`}.`,
  ]
  if (code !== undefined) sentences.push(`The commonest reason was ${code} (${commonest?.sum}).`)
  if (impact !== undefined)
    sentences.push(`The failed payments come to ${format(impact.amount, impact.currency)}.`)
  return {
    fingerprint: '',
    severity: severityOf(share),
    confidence: confidenceOf(spike.nats),
    title: `${percent(share)} of payments fail${isBelief ? '' : `, usually ${percent(usual)}`}`,
    message: sentences.join(' '),
    advice: `${code === undefined ? '' : `Start with the payments that failed with ${code}. `}${adviceFor(code)}`,
    startedAt,
    signs,
    ...(impact === undefined ? {} : { impact }),
    subjects,
    events,
    evidence: [
      {
        name: 'share of failed payments',
        observed: share,
        expected: usual,
        threshold: spike.bar,
        unit: 'RATIO',
      },
      {
        name: 'failed payments',
        observed: failed,
        expected: usual * payments,
        threshold: spike.minFailures,
        unit: 'COUNT',
      },
      { name: 'payments', observed: payments, unit: 'COUNT' },
      { name: 'evidence', observed: spike.nats, threshold: spike.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

const severityOf = (share: number): Severity =>
  share >= 0.6 ? 'CRITICAL' : share >= 0.35 ? 'HIGH' : 'MEDIUM'

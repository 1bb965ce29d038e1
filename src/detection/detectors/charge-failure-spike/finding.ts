import type { Calendar } from '../../../calendar/calendar.ts'
import { format } from '../../../stripe/money.ts'
import type { Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { largest, largestAmount, type Sums } from '../../kit/amounts.ts'
import { percent, sureness } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { capital } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'
import { adviceFor } from './declines.ts'

/** What is known of a spike of failing payments. */
export interface FailureSpike {
  calendar: Calendar
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

/** What is known of debits of one method that come back. */
export interface FailingRuns extends FailureSpike {
  /** `sepa_debit`… */
  method: string
  /** The day of the first of them, counted since 1970-01-01. */
  sentFrom: number
}

/** Puts a spike of failing payments into words and numbers. */
export function failureFinding(spike: FailureSpike): Finding {
  const { failed, payments, startedAt } = spike
  const share = failed / payments
  return {
    fingerprint: '',
    title: `${percent(share)} of payments fail${spike.isBelief ? '' : `, usually ${percent(spike.usual)}`}`,
    message: `${failed} of ${payments} payments since ${spike.calendar.momentInWords(startedAt)} failed (${percent(share)}), ${againstUsual(spike)}. ${stakesOf(spike)}`,
    ...measured(spike),
  }
}

/** Puts runs of debits of which too many come back into words and numbers. */
export function debitFinding(runs: FailingRuns): Finding {
  const { failed, payments, method, sentFrom } = runs
  const share = failed / payments
  const name = nameOf(method)
  return {
    fingerprint: method,
    title: `${percent(share)} of ${name} payments come back${runs.isBelief ? '' : `, usually ${percent(runs.usual)}`}`,
    message: `${failed} of ${payments} ${name} payments sent since ${runs.calendar.dayInWords(sentFrom)} came back (${percent(share)}), ${againstUsual(runs)}. ${stakesOf(runs)}`,
    ...measured(runs),
  }
}

/** Stripe's name of a method as people write it: `SEPA debit`, `ACH debit`. */
const NAMES: Readonly<Record<string, string>> = {
  sepa_debit: 'SEPA debit',
  bacs_debit: 'Bacs debit',
  ach_debit: 'ACH debit',
  us_bank_account: 'ACH debit',
  acss_debit: 'Canadian pre-authorised debit',
  au_becs_debit: 'BECS debit',
  nz_bank_account: 'New Zealand bank debit',
  customer_balance: 'bank transfer',
  ach_credit_transfer: 'ACH transfer',
  sepa_credit_transfer: 'SEPA transfer',
}
const nameOf = (method: string): string => NAMES[method] ?? method.replaceAll('_', ' ')

const againstUsual = ({ usual, isBelief }: FailureSpike): string =>
  isBelief
    ? `where about ${percent(usual)} is taken as usual: there is no history yet`
    : `where ${percent(usual)} is usual here`

const commonestOf = ({ codes }: FailureSpike): { name: string; sum: number } | undefined => {
  const commonest = largest(codes)
  return commonest?.name === 'unknown' ? undefined : commonest
}

/** How much money, why, and how sure, in one sentence. */
function stakesOf(spike: FailureSpike): string {
  const impact = largestAmount(spike.amounts)
  const commonest = commonestOf(spike)
  const parts = [
    ...(impact === undefined ? [] : [`they come to ${format(impact.amount, impact.currency)}`]),
    ...(commonest === undefined ? [] : [`the most frequent reason is ${commonest.name} (${commonest.sum})`]),
    `this is ${sureness(spike.nats, spike.needed)}`,
  ]
  return `${capital(parts.join('; '))}.`
}

function measured(spike: FailureSpike): Omit<Finding, 'fingerprint' | 'title' | 'message'> {
  const { failed, payments, usual, startedAt, signs, subjects, events, series } = spike
  const share = failed / payments
  const impact = largestAmount(spike.amounts)
  const code = commonestOf(spike)?.name
  return {
    severity: severityOf(share),
    confidence: confidenceOf(spike.nats),
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

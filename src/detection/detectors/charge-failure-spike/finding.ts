import type { Calendar } from '../../../calendar/calendar.ts'
import type { Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity, Subject } from '../../detector.ts'
import { largestAmount, type Sums, worthOf } from '../../kit/amounts.ts'
import { percent, sureness } from '../../kit/figures.ts'
import { commonestCode, commonestReason } from '../../kit/reasons.ts'
import { courseOf } from '../../kit/series.ts'
import { plain, sentence, whole } from '../../kit/words.ts'
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
  /** Share from which on it is reported. */
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
    title: `${percent(share)} of payments fail${usually(spike)}`,
    message: `${whole(failed)} of ${whole(payments)} payments have failed since ${spike.calendar.momentInWords(startedAt)} (${percent(share)}), ${againstUsual(spike)}. ${stakesOf(spike)}`,
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
    title: `${percent(share)} of ${name} payments fail${usually(runs)}`,
    message: `${whole(failed)} of ${whole(payments)} ${name} payments sent since ${runs.calendar.dayInWords(sentFrom)} have failed (${percent(share)}), ${againstUsual(runs)}. ${stakesOf(runs)}`,
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
const nameOf = (method: string): string => NAMES[method] ?? plain(method)

const usually = ({ usual, isBelief }: FailureSpike): string =>
  isBelief ? '' : `, usually about ${percent(usual)}`

const againstUsual = ({ usual, isBelief }: FailureSpike): string =>
  `where about ${percent(usual)} would be usual${isBelief ? ' with most businesses, since yours has no history yet' : ''}`

/** How much money, why, and how sure, in one sentence. */
const stakesOf = ({ amounts, codes, nats, needed }: FailureSpike): string =>
  sentence(worthOf(largestAmount(amounts)), commonestReason(codes), sureness(nats, needed))

function measured(spike: FailureSpike): Omit<Finding, 'fingerprint' | 'title' | 'message'> {
  const { failed, payments, usual, startedAt, signs, subjects, events, series } = spike
  const share = failed / payments
  const impact = largestAmount(spike.amounts)
  const code = commonestCode(spike.codes)?.name
  return {
    severity: severityOf(share),
    confidence: confidenceOf(spike.nats),
    advice: `${code === undefined ? '' : `Look first at the payments that failed with ${code}. `}${adviceFor(code)}`,
    startedAt,
    signs,
    ...(impact === undefined ? {} : { impact }),
    subjects,
    events,
    evidence: [
      {
        name: 'failed share',
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

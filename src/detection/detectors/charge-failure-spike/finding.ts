import type { Finding, Severity } from '../../detector.ts'
import { largestAmount, type Sums, worthOf } from '../../kit/amounts.ts'
import { percent, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { commonestCode, commonestReason } from '../../kit/reasons.ts'
import { plain, sentence, whole } from '../../kit/words.ts'
import { adviceFor } from './declines.ts'

/** What is known of a spike of failing payments. */
export interface FailureSpike extends Deviation {
  failed: number
  payments: number
  /** Usual share, and whether it is only taken for usual because nothing is known yet. */
  usual: number
  isBelief: boolean
  /** Share from which on it is reported. */
  bar: number
  minFailures: number
  amounts: Sums
  codes: Sums
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
  const since = spike.calendar.momentInWords(spike.startedAt)
  return findingOf(spike, '', 'payments', `have failed since ${since}`)
}

/** Puts runs of debits of which too many come back into words and numbers. */
export function debitFinding(runs: FailingRuns): Finding {
  const what = `${nameOf(runs.method)} payments`
  return findingOf(
    runs,
    runs.method,
    what,
    `sent since ${runs.calendar.dayInWords(runs.sentFrom)} have failed`,
  )
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

function findingOf(spike: FailureSpike, fingerprint: string, what: string, haveFailed: string): Finding {
  const { failed, payments, usual, bar, minFailures } = spike
  const share = failed / payments
  const code = commonestCode(spike.codes)?.name
  const expected = usual * payments
  return rateFinding(spike, {
    fingerprint,
    severity: severityOf(share),
    title: `${percent(share)} of ${what} fail${usually(spike)}`,
    message: `${whole(failed)} of ${whole(payments)} ${what} ${haveFailed} (${percent(share)}), ${againstUsual(spike)}. ${stakesOf(spike)}`,
    advice: `${code === undefined ? '' : `Look first at the payments that failed with ${code}. `}${adviceFor(code)}`,
    impact: largestAmount(spike.amounts),
    evidence: [
      { name: 'failed share', observed: share, expected: usual, threshold: bar, unit: 'RATIO' },
      { name: 'failed payments', observed: failed, expected, threshold: minFailures, unit: 'COUNT' },
      { name: 'payments', observed: payments, unit: 'COUNT' },
    ],
  })
}

const severityOf = (share: number): Severity =>
  share >= 0.6 ? 'CRITICAL' : share >= 0.35 ? 'HIGH' : 'MEDIUM'

import { format } from '../../../stripe/money.ts'
import { HOUR, type Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Severity } from '../../detector.ts'
import { about, percent } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { moment, span } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'
import type { LostCurrency } from './takings.ts'

/** What is known of a drop in revenue. */
export interface Drop {
  /** Undefined: all together. */
  currency: string | undefined
  from: Seconds
  hours: number
  /** Usual payments' worth that came, and that is usual. */
  units: number
  usual: number
  payments: number
  lost: LostCurrency[]
  minDrop: number
  nats: number
  needed: number
  startedAt: Seconds
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

/** Puts a drop in revenue into words and numbers. */
export function dropFinding(drop: Drop): Finding {
  const { units, usual, payments, hours, startedAt, series } = drop
  const left = units / usual
  const worst = drop.lost.reduce<LostCurrency | undefined>(
    (a, b) => (a !== undefined && a.units >= b.units ? a : b),
    undefined,
  )
  const whose = drop.currency === undefined ? 'Revenue' : `Revenue in ${drop.currency.toUpperCase()}`
  const sentences = [
    `${whose} is ${percent(1 - left)} below the usual for this time of the week: in ${span(hours * HOUR)} from ${moment(drop.from)} ${payments} payments brought what ${about(units)} usual ones do, where ${about(usual)} are usual.`,
  ]
  if (worst !== undefined)
    sentences.push(
      `In ${worst.currency.toUpperCase()} that is about ${money(worst.taken, worst.currency)} where ${money(worst.usual, worst.currency)} is usual.`,
    )
  return {
    fingerprint: '',
    severity: severityOf(left),
    confidence: confidenceOf(drop.nats),
    title: `${whose} ${percent(1 - left)} below usual`,
    message: sentences.join(' '),
    advice: adviceOf(drop),
    startedAt,
    signs: 1,
    ...(worst === undefined
      ? {}
      : { impact: { amount: Math.round(worst.usual - worst.taken), currency: worst.currency } }),
    subjects: [],
    evidence: [
      {
        name: 'revenue against usual',
        observed: left,
        expected: 1,
        threshold: 1 - drop.minDrop,
        unit: 'RATIO',
      },
      { name: 'payments', observed: payments, expected: usual, unit: 'COUNT' },
      { name: 'average payment against usual', observed: averageOf(drop), expected: 1, unit: 'RATIO' },
      { name: 'window', observed: hours * HOUR, unit: 'SECONDS' },
      { name: 'evidence', observed: drop.nats, threshold: drop.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

const money = (amount: number, currency: string): string => format(Math.round(amount), currency)

const averageOf = ({ units, payments }: Drop): number => (payments > 0 ? units / payments : 0)

/** Which half is missing: the payments themselves, or their size. */
function adviceOf(drop: Drop): string {
  const smaller = drop.payments > 0 && averageOf(drop) < 0.75
  const fewer = drop.payments < 0.8 * drop.usual
  if (smaller && !fewer)
    return 'As many payments come as ever, but they are smaller: check prices, currencies, coupons and plan changes of the last days.'
  const first = smaller
    ? 'Fewer payments come, and they are smaller'
    : 'Fewer payments come, of the usual size'
  return `${first}: try a purchase yourself, then check the checkout, the last release, traffic and campaigns, and whether renewals have run.`
}

const severityOf = (left: number): Severity => (left < 0.35 ? 'CRITICAL' : left < 0.55 ? 'HIGH' : 'MEDIUM')

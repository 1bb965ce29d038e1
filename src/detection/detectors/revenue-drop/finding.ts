import { formatRounded } from '../../../stripe/money.ts'
import { HOUR } from '../../../time.ts'
import type { Amount, Finding, Severity } from '../../detector.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { count, roughSpan, sentence } from '../../kit/words.ts'
import type { LostCurrency, Money, Stretch } from './takings.ts'

/** What is known of a drop in revenue, in usual payments. */
export interface Drop extends Deviation, Stretch {
  /** Undefined: all together. */
  currency: string | undefined
  lost: LostCurrency[]
  minDrop: number
}

/** Puts a drop in revenue into words and numbers. */
export function dropFinding(drop: Drop): Finding {
  const { units, usual, payments, hours } = drop
  const left = units / usual
  const threshold = 1 - drop.minDrop
  const worst = drop.lost.reduce<LostCurrency | undefined>(
    (a, b) => (a !== undefined && a.units >= b.units ? a : b),
    undefined,
  )
  const whose = drop.currency === undefined ? 'Revenue' : `Revenue in ${drop.currency.toUpperCase()}`
  return rateFinding(drop, {
    severity: severityOf(left),
    title: `${whose} about ${percent(1 - left)} below usual`,
    message: `${whose} is about ${percent(1 - left)} below usual: in the ${roughSpan(hours * HOUR)} from ${drop.calendar.momentInWords(drop.from)}, ${paymentsOf(drop)}, where ${about(usual)} would be usual${sizeOf(drop)}. ${sentence(worst && moneyInWords(worst), sureness(drop.nats, drop.needed))}`,
    advice: adviceOf(drop),
    impact: worst && missingOf(worst),
    evidence: [
      { name: 'share of usual revenue', observed: left, expected: 1, threshold, unit: 'RATIO' },
      { name: 'payments', observed: payments, expected: usual, unit: 'COUNT' },
      { name: 'share of usual payment size', observed: averageOf(drop), expected: 1, unit: 'RATIO' },
      { name: 'window', observed: hours * HOUR, unit: 'SECONDS' },
    ],
  })
}

export const moneyInWords = ({ taken, usual, currency }: Money): string =>
  `that is ${taken > 0 ? `about ${formatRounded(taken, currency)}` : 'nothing'}, where about ${formatRounded(usual, currency)} would be usual`

export const missingOf = ({ taken, usual, currency }: Money): Amount => ({
  amount: Math.round(usual - taken),
  currency,
})

const paymentsOf = ({ payments }: Drop): string =>
  payments === 0 ? 'no payment came in' : `${count(payments, 'payment')} came in`

const sizeOf = (drop: Drop): string =>
  isSmaller(drop) ? `, and they were about ${percent(1 - averageOf(drop))} smaller` : ''

const averageOf = ({ units, payments }: Drop): number => (payments > 0 ? units / payments : 0)

const isSmaller = (drop: Drop): boolean => drop.payments > 0 && averageOf(drop) < 0.75

/** Which half is missing: the payments themselves, or their size. */
function adviceOf(drop: Drop): string {
  const smaller = isSmaller(drop)
  const fewer = drop.payments < 0.8 * drop.usual
  if (smaller && !fewer)
    return 'As many payments come in as ever, but they are smaller: check first what changed in the last days in prices, currencies, coupons and plans.'
  const first = smaller
    ? 'Fewer payments come in, and they are smaller'
    : 'Fewer payments come in, of the usual size'
  return `${first}: try a purchase yourself first. Then check your last release, your traffic and campaigns, and whether renewals have run.`
}

export const severityOf = (left: number): Severity =>
  left < 0.35 ? 'CRITICAL' : left < 0.55 ? 'HIGH' : 'MEDIUM'

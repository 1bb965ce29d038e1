import type { Calendar } from '../../../calendar/calendar.ts'
import { formatRounded } from '../../../stripe/money.ts'
import { DAY, type Seconds } from '../../../time.ts'
import type { Finding } from '../../detector.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { count, roughSpan, sentence, whole } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'
import { severityOf } from './finding.ts'
import type { Missed } from './missed-renewals.ts'
import type { Renewals } from './renewals.ts'

interface MissedRenewals extends Missed, Pick<Renewals, 'paid'> {
  calendar: Calendar
  minDrop: number
  needed: number
  startedAt: Seconds
}

/** Puts renewals that were due and did not come into words and numbers. */
export function renewalsFinding(missed: MissedRenewals): Finding {
  const { due, settled, usual, days, from, nats, startedAt } = missed
  const left = settled / usual
  const money = moneyOf(missed)
  return {
    fingerprint: '',
    severity: severityOf(left),
    confidence: confidenceOf(nats),
    title: `Renewals about ${percent(1 - left)} below usual`,
    message: `Renewals are about ${percent(1 - left)} below usual: of ${count(due, 'renewal')} due in the ${roughSpan(days * DAY)} from ${missed.calendar.momentInWords(from)}, ${settled === 0 ? 'none has' : `${whole(settled)} ${settled === 1 ? 'has' : 'have'}`} been paid, where ${about(usual)} would be usual. ${sentence(money && wordsOf(money), sureness(nats, missed.needed))}`,
    advice:
      'Look in Stripe for the invoices of that day: drafts wait to be finalised, open ones to be collected, and where there are none the subscriptions did not renew. Then check what changed in billing settings, and whether many cards failed.',
    startedAt,
    signs: 1,
    ...(money === undefined
      ? {}
      : { impact: { amount: Math.round(money.usual - money.taken), currency: money.currency } }),
    subjects: [],
    evidence: [
      {
        name: 'share of usual renewals',
        observed: left,
        expected: 1,
        threshold: 1 - missed.minDrop,
        unit: 'RATIO',
      },
      { name: 'renewals due', observed: due, unit: 'COUNT' },
      { name: 'renewals paid', observed: settled, expected: usual, unit: 'COUNT' },
      { name: 'window', observed: days * DAY, unit: 'SECONDS' },
      { name: 'evidence', observed: nats, threshold: missed.needed, unit: 'SCORE' },
    ],
  }
}

interface Money {
  currency: string
  taken: number
  usual: number
}

/** What the renewals bring in the currency that most of them are in, in minor units. */
function moneyOf({ paid, settled, usual }: MissedRenewals): Money | undefined {
  const sums = Object.entries(paid)
  const all = sums.reduce((sum, [, { number }]) => sum + number, 0)
  const [largest] = sums.sort(([, a], [, b]) => b.number - a.number)
  if (largest === undefined || all === 0) return undefined
  const [currency, { money }] = largest
  return { currency, taken: (settled * money) / all, usual: (usual * money) / all }
}

const wordsOf = ({ taken, usual, currency }: Money): string =>
  `that is ${taken > 0 ? `about ${formatRounded(taken, currency)}` : 'nothing'}, where about ${formatRounded(usual, currency)} would be usual`

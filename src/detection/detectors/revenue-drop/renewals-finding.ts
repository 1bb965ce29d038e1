import { DAY } from '../../../time.ts'
import type { Finding } from '../../detector.ts'
import { about, percent, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { count, roughSpan, sentence, whole } from '../../kit/words.ts'
import { missingOf, moneyInWords, severityOf } from './finding.ts'
import type { Missed } from './missed-renewals.ts'
import type { Renewals } from './renewals.ts'
import type { Money } from './takings.ts'

type MissedRenewals = Deviation & Missed & Pick<Renewals, 'paid'> & { minDrop: number }

/** Puts renewals that were due and did not come into words and numbers. */
export function renewalsFinding(missed: MissedRenewals): Finding {
  const { due, settled, usual, days, from } = missed
  const left = settled / usual
  const threshold = 1 - missed.minDrop
  const money = moneyOf(missed)
  return rateFinding(missed, {
    severity: severityOf(left),
    title: `Renewals about ${percent(1 - left)} below usual`,
    message: `Renewals are about ${percent(1 - left)} below usual: of ${count(due, 'renewal')} due in the ${roughSpan(days * DAY)} from ${missed.calendar.momentInWords(from)}, ${settled === 0 ? 'none has' : `${whole(settled)} ${settled === 1 ? 'has' : 'have'}`} been paid, where ${about(usual)} would be usual. ${sentence(money && moneyInWords(money), sureness(missed.nats, missed.needed))}`,
    advice:
      'Look in Stripe for the invoices of that day: drafts wait to be finalised, open ones to be collected, and where there are none the subscriptions did not renew. Then check what changed in billing settings, and whether many cards failed.',
    impact: money && missingOf(money),
    evidence: [
      { name: 'share of usual renewals', observed: left, expected: 1, threshold, unit: 'RATIO' },
      { name: 'renewals due', observed: due, unit: 'COUNT' },
      { name: 'renewals paid', observed: settled, expected: usual, unit: 'COUNT' },
      { name: 'window', observed: days * DAY, unit: 'SECONDS' },
    ],
  })
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

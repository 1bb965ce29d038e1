import { format } from '../../../stripe/money.ts'
import type { Seconds } from '../../../time.ts'
import type { Finding } from '../../detector.ts'
import { largestAmount, type Sums } from '../../kit/amounts.ts'
import { about, sureness } from '../../kit/figures.ts'
import { type Deviation, rateFinding } from '../../kit/finding.ts'
import { commonestReason } from '../../kit/reasons.ts'
import { count, roughSpan, sentence } from '../../kit/words.ts'

/** What is known of a burst of tested cards. */
export interface CardTesting extends Deviation {
  cards: number
  /** Suspect cards usual in the same time. */
  usual: number
  minCards: number
  until: Seconds
  codes: Sums
  /** What went through, by currency and in number. */
  taken: Sums
  takings: number
}

const CRITICAL_CARDS = 50

/** Puts a burst of tested cards into words and numbers. */
export function testingFinding(burst: CardTesting): Finding {
  const { cards, usual, startedAt, takings, minCards } = burst
  const impact = largestAmount(burst.taken)
  const since = burst.calendar.momentInWords(startedAt)
  const through =
    impact === undefined
      ? 'no payment with them is known to have gone through'
      : `${count(takings, 'suspicious payment')} went through, for ${format(impact.amount, impact.currency)} in all`
  return rateFinding(burst, {
    severity: cards >= CRITICAL_CARDS ? 'CRITICAL' : 'HIGH',
    title: `${count(cards, 'card')} tried on your checkout, usually ${about(usual)}`,
    message: `${count(cards, 'different card')} have failed within ${roughSpan(burst.until - startedAt)} since ${since} as guessed or stolen cards do, where ${about(usual)} would be usual. ${sentence(through, commonestReason(burst.codes), sureness(burst.nats, burst.needed))}`,
    advice: `Put a captcha and a limit on attempts before the payment form now, and add a Radar rule that blocks what these attempts have in common (address, amount, bank). Then refund ${takings > 0 ? 'the suspicious payments that went through before they are disputed' : 'any such payment that still goes through'}.`,
    impact,
    evidence: [
      { name: 'cards tried', observed: cards, expected: usual, threshold: minCards, unit: 'COUNT' },
      { name: 'suspicious payments', observed: takings, unit: 'COUNT' },
    ],
  })
}

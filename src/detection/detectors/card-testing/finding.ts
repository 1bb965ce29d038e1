import type { Calendar } from '../../../calendar/calendar.ts'
import { format } from '../../../stripe/money.ts'
import type { Seconds } from '../../../time.ts'
import type { Finding, SeriesPoint, Subject } from '../../detector.ts'
import { largest, largestAmount, type Sums } from '../../kit/amounts.ts'
import { about, sureness } from '../../kit/figures.ts'
import { courseOf } from '../../kit/series.ts'
import { count, span } from '../../kit/words.ts'
import { confidenceOf } from '../../statistics/threshold.ts'

/** What is known of a burst of tested cards. */
export interface CardTesting {
  calendar: Calendar
  cards: number
  /** Suspect cards usual in the same time. */
  usual: number
  minCards: number
  nats: number
  needed: number
  startedAt: Seconds
  until: Seconds
  codes: Sums
  /** What went through, by currency and in number. */
  taken: Sums
  takings: number
  signs: number
  subjects: Subject[]
  events: string[]
  /** Only with the first sign, as things stood then. */
  series: readonly SeriesPoint[] | undefined
}

const CRITICAL_CARDS = 50

/** Puts a burst of tested cards into words and numbers. */
export function testingFinding(burst: CardTesting): Finding {
  const { cards, usual, startedAt, signs, subjects, events, series, takings } = burst
  const impact = largestAmount(burst.taken)
  const commonest = largest(burst.codes)
  const since = burst.calendar.momentInWords(startedAt)
  const often =
    commonest === undefined || commonest.name === 'unknown'
      ? ''
      : `, most often with ${commonest.name} (${commonest.sum})`
  const through =
    impact === undefined
      ? 'No payment with them is known to have gone through'
      : `${count(takings, 'suspicious payment')} of ${format(impact.amount, impact.currency)} in total went through`
  return {
    fingerprint: '',
    severity: cards >= CRITICAL_CARDS ? 'CRITICAL' : 'HIGH',
    confidence: confidenceOf(burst.nats),
    title: `${cards} cards tried on your checkout`,
    message: `${cards} different cards failed within ${span(burst.until - startedAt)} since ${since} as guessed or stolen cards do${often}; about ${about(usual)} would be usual. ${through}; this is ${sureness(burst.nats, burst.needed)}.`,
    advice: `Put a captcha and a limit on tries before the payment form now, and add a Radar rule that blocks what these tries share (address, amount, bank).${takings > 0 ? ' Refund the suspicious payments that went through before they are disputed.' : ' Refund any of these payments that still goes through.'}`,
    startedAt,
    signs,
    ...(impact === undefined ? {} : { impact }),
    subjects,
    events,
    evidence: [
      { name: 'cards tried', observed: cards, expected: usual, threshold: burst.minCards, unit: 'COUNT' },
      { name: 'suspicious payments that went through', observed: takings, unit: 'COUNT' },
      { name: 'evidence', observed: burst.nats, threshold: burst.needed, unit: 'SCORE' },
    ],
    ...courseOf(series),
  }
}

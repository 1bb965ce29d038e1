import type { Calendar } from '../../../calendar/calendar.ts'
import type { SubscriptionChanged } from '../../../stripe/facts.ts'
import { format, formatRounded } from '../../../stripe/money.ts'
import { DAY, type Seconds } from '../../../time.ts'
import type { Finding, Measurement, SeriesPoint, Severity } from '../../detector.ts'
import { largestAmount, type Sums } from '../../kit/amounts.ts'
import { about, percent, sureness, times } from '../../kit/figures.ts'
import { certainFinding, type Deviation, rateFinding } from '../../kit/finding.ts'
import { ofCustomer, subscriptionOf } from '../../kit/subjects.ts'
import { count, sentence, whole } from '../../kit/words.ts'

/** One subscription's move to a cheaper plan. */
export interface Downgrade {
  at: Seconds
  subscription: string
  event: string
  /** Minor units a month; not an integer. */
  loss: number
  currency: string | undefined
}

/** What is known of a surge of downgrades. */
export interface DowngradeSurge extends Deviation {
  downgrades: number
  /** Usual in the same time, without margin. */
  usual: number
  perDay: number
  /** From this many on it is reported. */
  fewest: number
  losses: Sums
  /** The downgrades that this finding adds. */
  fresh: readonly Downgrade[]
  endsAfter: Seconds
}

/** Puts a surge of downgrades into words and numbers. */
export function surgeFinding(surge: DowngradeSurge): Finding {
  const { downgrades, usual, fewest, startedAt, fresh } = surge
  const impact = largestAmount(surge.losses)
  const since = surge.calendar.momentInWords(startedAt)
  const loss = impact && `they pay ${format(impact.amount, impact.currency)} less a month in all`
  const known: DowngradeSurge = {
    ...surge,
    signs: fresh.length,
    subjects: fresh.map(({ subscription }) => ({ type: 'subscription', id: subscription })),
    events: fresh.map(({ event }) => event),
    series: courseOf(surge),
  }
  return rateFinding(known, {
    severity: downgrades >= 12 ? 'CRITICAL' : downgrades >= 8 ? 'HIGH' : 'MEDIUM',
    title: `${count(downgrades, 'subscription')} moved to cheaper plans, usually ${about(usual)}`,
    message: `${count(downgrades, 'subscription')} have moved to cheaper plans since ${since}, where ${about(usual)} would be usual. ${sentence(loss, sureness(surge.nats, surge.needed))}`,
    advice:
      'Ask a few of these customers today why they moved. Then check what changed for them: a price, a limit, an outage, a competitor’s offer, or a plan that is too easy to choose by mistake.',
    impact,
    evidence: [
      {
        name: 'moved to cheaper plans',
        observed: downgrades,
        expected: usual,
        threshold: fewest,
        unit: 'COUNT',
      },
    ],
    endsAfter: surge.endsAfter,
  })
}

/** How the downgrades added up since the surge began, against how they usually would. */
const courseOf = ({ fresh, startedAt, perDay }: DowngradeSurge): SeriesPoint[] =>
  fresh.map(({ at }, i) => ({ at, observed: i + 1, expected: (perDay * (at - startedAt)) / DAY }))

/** Against what a downgrade was found big: the usual value, or seats while too few values are known. */
export type Measure = { mean: number; times: number } | { seats: number; threshold: number }

/** Puts the downgrade of one big subscription into words and numbers. */
export function bigFinding(
  fact: SubscriptionChanged,
  loss: number,
  measure: Measure,
  severity: Severity,
  calendar: Calendar,
): Finding {
  const { subscription, customer, currency, before } = fact
  const amount = Math.round(loss)
  const lost = currency === undefined ? undefined : `${format(amount, currency)} less a month`
  const cut = loss / (before?.monthly ?? loss)
  const share = percent(cut)
  const seats =
    before?.seats !== undefined && fact.seats !== undefined && before.seats !== fact.seats
      ? `, from ${before.seats} to ${count(fact.seats, 'seat')}`
      : ''
  return certainFinding(subscription, {
    severity,
    title: `Big downgrade: ${lost ?? `${share} less`}`,
    message: `Subscription ${subscription}${ofCustomer(customer)} was cut by ${share}${seats} on ${calendar.momentInWords(fact.at)}. ${against(loss, lost, measure, currency)}`,
    advice: `Check first that the cut of ${subscription} was meant: a wrong quantity or price in an update looks the same. Then talk to the customer today.`,
    startedAt: fact.at,
    customer,
    impact: currency === undefined ? undefined : { amount, currency },
    subjects: subscriptionOf(subscription, customer),
    events: [fact.eventId],
    evidence: [
      ...measured(loss, measure, currency),
      { name: 'share cut', observed: cut, threshold: 0.5, unit: 'RATIO' },
    ],
    endsAfter: DAY,
  })
}

function against(
  loss: number,
  lost: string | undefined,
  measure: Measure,
  currency: string | undefined,
): string {
  const money = lost === undefined ? '' : `${lost}, `
  if ('seats' in measure)
    return `That is ${money}${count(measure.seats, 'seat')} at once, where fewer than ${whole(measure.threshold)} would be usual.`
  const usual = currency === undefined ? '' : ` (about ${formatRounded(measure.mean, currency)} a month)`
  return `That is ${money}${times(loss / measure.mean)} what a subscription is usually worth${usual}.`
}

function measured(loss: number, measure: Measure, currency: string | undefined): Measurement[] {
  if ('seats' in measure)
    return [{ name: 'seats lost', observed: measure.seats, threshold: measure.threshold, unit: 'COUNT' }]
  if (currency === undefined) return []
  return [
    {
      name: 'monthly value lost',
      observed: Math.round(loss),
      expected: Math.round(measure.mean),
      threshold: Math.round(measure.mean * measure.times),
      unit: 'MONEY',
      currency,
    },
  ]
}

import { lengthOf, type Period } from '../../calendar/periods.ts'
import type { InvoiceCreated, SubscriptionChanged } from '../../stripe/facts.ts'
import { format } from '../../stripe/money.ts'
import { DAY, HOUR, type Seconds } from '../../time.ts'
import { type Amount, type Context, defineDetector, type Finding } from '../detector.ts'
import { certainFinding } from '../kit/finding.ts'
import { ofObjects } from '../kit/heads.ts'
import { secondsOf } from '../kit/settings.ts'
import { ofCustomer, subscriptionOf } from '../kit/subjects.ts'
import { count, roughSpan, span } from '../kit/words.ts'

/** A period that begins further away from the end of the last one was moved on purpose. */
const MOVED = 3 * DAY
/** A renewal within this long of the turn of a period belongs to it. */
const SAME_TURN = 12 * HOUR
const RENEWALS = 4

interface Renewal {
  id: string
  event: string
  /** The invoice's own. */
  created: Seconds
  total: number
  currency: string
  customer: string | undefined
  /** Length of the period that it bills. */
  length: Seconds | undefined
  told?: boolean
}

interface State {
  /** By `created`, oldest first. */
  renewals: Renewal[]
  period?: Period & { at: Seconds }
  /** When somebody last moved the billing cycle or the trial. */
  reanchoredAt?: Seconds
}

const settings = {
  tolerance: secondsOf(
    'How far a new period may begin from the end of the last one before it is reported, in seconds.',
    { default: 2 * HOUR, min: HOUR / 4, max: 48 * HOUR },
  ),
}
type Asked = Context<typeof settings>

/** Reports when a subscription renews twice in one period, or its period turns too early or too late. */
export const timezoneBillingError = defineDetector({
  name: 'TIMEZONE_BILLING_ERROR',
  title: 'Renewal at the wrong time',
  description:
    'A subscription was renewed twice within one period, or its new period began hours before or after the last one ended, as happens when a time zone or a change of clocks is handled wrongly. Changes of plan, of the billing date or of a trial are not reported.',
  facts: ['subscriptionChanged', 'invoiceCreated'],
  settings,
  ...ofObjects,
  stateVersion: 1,
  idleAfter: 190 * DAY,
  initial: (): State => ({ renewals: [] }),
  key: ({ subscription }) => subscription,
  observe(state, fact, context) {
    if (fact.kind === 'invoiceCreated') {
      if (fact.reason !== 'subscription_cycle') return undefined
      addRenewal(state.renewals, fact)
      return { findings: doubles(state, context) }
    }
    const learned = takeIn(state, fact)
    const findings = learned ? doubles(state, context) : []
    const cadence = cadenceOf(fact, state, context)
    return { findings: cadence === undefined ? findings : [...findings, cadence] }
  },
})

function addRenewal(renewals: Renewal[], fact: InvoiceCreated): void {
  const { invoice: id, eventId: event, total, currency, start, end } = fact
  if (renewals.some((known) => known.id === id)) return
  const length = start !== undefined && end !== undefined && end > start ? end - start : undefined
  const { created = fact.at, customer } = fact
  renewals.push({ id, event, created, total, currency, customer, length })
  renewals.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
  if (renewals.length > RENEWALS) renewals.shift()
}

/** @returns whether the length of the period is news */
function takeIn(state: State, { at, interval, count = 1, reanchored }: SubscriptionChanged): boolean {
  if (reanchored) state.reanchoredAt = Math.max(state.reanchoredAt ?? at, at)
  const { period } = state
  if (interval === undefined || (period !== undefined && at < period.at)) return false
  state.period = { interval, count, at }
  return period?.interval !== interval || period.count !== count
}

/** Renewals that came less than half a period after another one, reported once each. */
function doubles(state: State, context: Asked): Finding[] {
  const findings: Finding[] = []
  let before: Renewal | undefined
  for (const renewal of state.renewals) {
    const length = state.period === undefined ? renewal.length : lengthOf(state.period)
    if (before !== undefined && length !== undefined && !renewal.told) {
      const gap = renewal.created - before.created
      const moved = state.reanchoredAt !== undefined && state.reanchoredAt >= before.created
      if (gap < length / 2 && !moved) {
        renewal.told = true
        findings.push(doubleOf(before, renewal, { length, period: state.period }, context))
      }
    }
    before = renewal
  }
  return findings
}

function doubleOf(
  first: Renewal,
  second: Renewal,
  { length, period }: { length: Seconds; period: Period | undefined },
  { key, calendar }: Asked,
): Finding {
  const gap = second.created - first.created
  const threshold = length / 2
  const { currency, total } = second
  const customer = second.customer ?? first.customer
  return certainFinding(key, {
    severity: 'HIGH',
    title: `Renewed twice: ${format(total, currency)}`,
    message: `Subscription ${key}${ofCustomer(customer)} was renewed by ${first.id} on ${calendar.momentInWords(first.created)} and again by ${second.id} ${gap === 0 ? 'at the same moment' : `${span(gap)} later`}, though it renews only every ${everyOf(period, length)}. One renewal was expected, so ${format(total, currency)} was very likely billed wrongly.`,
    advice: `Look at ${second.id} in Stripe: void it if it is still open, refund ${format(total, currency)} if it was paid. Then check what renews ${key}, above all how it counts days and time zones.`,
    startedAt: second.created,
    customer,
    impact: total > 0 ? { amount: total, currency } : undefined,
    subjects: [
      { type: 'invoice', id: first.id },
      { type: 'invoice', id: second.id },
      ...subscriptionOf(key, customer),
    ],
    events: [first.event, second.event],
    evidence: [
      { name: 'time between renewals', observed: gap, expected: length, threshold, unit: 'SECONDS' },
      { name: 'renewals in one period', observed: 2, expected: 1, unit: 'COUNT' },
    ],
    endsAfter: DAY,
  })
}

/** How often it renews: `month`, `3 months`, or where only its length is known `30 days`. */
function everyOf(period: Period | undefined, length: Seconds): string {
  if (period === undefined) return roughSpan(length)
  return period.count === 1 ? period.interval : count(period.count, period.interval)
}

/** A period that does not begin where the last one ended, though nobody changed the plan, the cycle or the trial. */
function cadenceOf(
  fact: SubscriptionChanged,
  { renewals }: State,
  { key, settings, calendar }: Asked,
): Finding | undefined {
  const { start, previousEnd, customer } = fact
  if (!fact.rolled || start === undefined || previousEnd === undefined) return undefined
  if (fact.reanchored || fact.before !== undefined) return undefined
  const gap = start - previousEnd
  const threshold = settings.tolerance
  if (Math.abs(gap) <= threshold || Math.abs(gap) >= MOVED) return undefined
  const invoice = renewals.find(({ created }) => Math.abs(created - start) <= SAME_TURN)
  const impact = impactOf(fact, invoice)
  const direction = gap < 0 ? 'too early' : 'too late'
  return certainFinding(key, {
    severity: 'MEDIUM',
    title: `Renewed ${span(gap)} ${direction}`,
    message: `The last period of subscription ${key}${ofCustomer(customer)} ended on ${calendar.momentInWords(previousEnd)}, but the next one began on ${calendar.momentInWords(start)}: ${span(gap)} ${direction}, where at most ${span(threshold)} would be usual. ${impact === undefined ? 'The renewal' : `The renewal of ${format(impact.amount, impact.currency)}`} was very likely billed at the wrong time.`,
    advice: `Compare the billing date of ${key} in Stripe with the one agreed, and correct it before the next renewal. If other subscriptions are off by the same time, check how your code that sets billing dates handles time zones and changes of the clocks.`,
    startedAt: fact.at,
    customer,
    impact,
    subjects: [
      ...(invoice === undefined ? [] : [{ type: 'invoice', id: invoice.id }]),
      ...subscriptionOf(key, customer),
    ],
    events: [fact.eventId],
    evidence: [{ name: direction, observed: Math.abs(gap), expected: 0, threshold, unit: 'SECONDS' }],
    endsAfter: DAY,
  })
}

function impactOf(
  { price, currency }: SubscriptionChanged,
  invoice: Renewal | undefined,
): Amount | undefined {
  if (invoice !== undefined) return { amount: invoice.total, currency: invoice.currency }
  return price === undefined || currency === undefined ? undefined : { amount: price, currency }
}

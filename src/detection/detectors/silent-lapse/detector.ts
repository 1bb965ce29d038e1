import type { ChargePending, InvoiceFinalized } from '../../../stripe/facts.ts'
import { format } from '../../../stripe/money.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { type Context, defineDetector, type Finding, type Step } from '../../detector.ts'
import { certainFinding } from '../../kit/finding.ts'
import { ofObjects } from '../../kit/heads.ts'
import { secondsOf } from '../../kit/settings.ts'
import { ofCustomer, subscriptionOf } from '../../kit/subjects.ts'
import { plain, roughSpan, span } from '../../kit/words.ts'
import { change, invoiced, isOver, openDue, type Renewal, settle } from './renewal.ts'

/** After a change the event of its payment may still be on its way. */
const AFTER_CHANGE = 6 * HOUR
/** After a disturbance of delivery a payment may be in the backlog. */
const AFTER_DISTURBANCE = 6 * HOUR
/** Whether a bank debit is paid shows up to this long after it was sent off; the subscription stays active meanwhile. */
const DEBIT = 14 * DAY
/** Stripe's default for invoices that are sent. */
const DAYS_UNTIL_DUE = 30
/** An ended subscription is remembered for this long, that a straggler does not bring it back to life. */
const GRAVE = 35 * DAY

interface State extends Renewal {
  /** The due date that was reported. */
  told?: Seconds
  /** When the newest invoice of a period became final. */
  issued?: Seconds
}

/** An event of a debit names no subscription, so it is known of the tenant only. */
interface Debits {
  /** When one for a subscription was last sent off. */
  sentAt?: Seconds
}

const settings = {
  grace: secondsOf('How long a renewal may stay unpaid before it is reported, in seconds.', {
    default: 3 * DAY,
    min: DAY / 2,
    max: 30 * DAY,
  }),
  dunning: secondsOf(
    'How long Stripe may go on retrying a failed renewal before it is reported, in seconds.',
    { default: 28 * DAY, min: DAY, max: 90 * DAY },
  ),
}
type Asked = Context<typeof settings, Debits>

/** Reports when a subscription's payment is due, does not come, and nothing explains why. */
export const silentLapse = defineDetector({
  name: 'SILENT_LAPSE',
  title: 'Renewal not paid',
  description:
    'A renewal was due and was not paid, nothing explains why, and the subscription goes on. Running trials, paused or cancelled subscriptions, free plans, invoices that leave time to pay, bank debits under way, and failed payments that Stripe still retries are not reported.',
  facts: [
    'subscriptionChanged',
    'subscriptionEnded',
    'invoiceCreated',
    'invoiceFinalized',
    'invoicePaid',
    'invoiceDropped',
    'chargePending',
  ],
  settings,
  ...ofObjects,
  floodSeverity: 'CRITICAL',
  stateVersion: 1,
  idleAfter: 400 * DAY,
  initial: (): State => ({ settled: [], changedAt: 0 }),
  shared: { initial: (): Debits => ({}) },
  key: (fact) => (fact.kind === 'chargePending' ? DEBITS : fact.subscription),
  observe(state, fact, context: Asked) {
    if (fact.kind === 'chargePending') return debited(fact, context)
    if (isOver(state)) return undefined
    if (fact.kind === 'subscriptionChanged' || fact.kind === 'subscriptionEnded') change(state, fact)
    else if (fact.kind === 'invoiceFinalized') return issue(state, fact)
    else if (!(fact.kind === 'invoiceCreated' ? invoiced(state, fact) : settle(state, fact))) return undefined
    return decide(state, fact.at, context)
  },
  onTimer(state, context: Asked) {
    const { now, delivery } = context
    if (isOver(state)) return { forget: true }
    const due = openDue(state)
    if (due === undefined || state.told !== undefined) return undefined
    const tellAt = tellTime(state, due, context)
    if (now < tellAt) return { wakeAt: tellAt }
    if (delivery.quiet) return { wakeAt: now + HOUR }
    const calm = (delivery.disturbedAt ?? Number.NEGATIVE_INFINITY) + AFTER_DISTURBANCE
    if (now < calm) return { wakeAt: calm }
    state.told = due
    return { findings: [findingOf(state, due, context)] }
  },
})

/** No subscription's key; nothing is remembered under it. */
const DEBITS = 'debits'

function debited({ at, recurring }: ChargePending, { shared }: Asked): Step {
  if (recurring) shared.sentAt = Math.max(at, shared.sentAt ?? at)
  return { forget: true }
}

function issue(state: State, { at, reason }: InvoiceFinalized): undefined {
  if (reason === 'subscription_cycle' || reason === 'subscription_create')
    state.issued = Math.max(at, state.issued ?? at)
}

const tellTime = (state: State, due: Seconds, context: Asked): Seconds =>
  Math.max(due + graceOf(state, due, context), state.changedAt + AFTER_CHANGE)

/** How long the payment may take: the time to pay that was given, and what the tenant allows beyond it. */
function graceOf(state: State, due: Seconds, { settings: { grace, dunning }, shared }: Asked): Seconds {
  const { subscription } = state
  const toPay = subscription?.sendInvoice ? (subscription.daysUntilDue ?? DAYS_UNTIL_DUE) * DAY : 0
  if (subscription?.status === 'past_due') return toPay + dunning
  return Math.max(toPay + grace, debitOf(state, due, shared))
}

/** Refused, it would be past_due: an invoice that is final and collected by itself is a debit under way, where there are such. */
function debitOf({ subscription, issued }: State, due: Seconds, { sentAt }: Debits): Seconds {
  const isCollected = subscription?.status === 'active' && !subscription.sendInvoice
  if (!isCollected || issued === undefined || sentAt === undefined) return 0
  return issued < due - DAY || sentAt < issued - HOUR ? 0 : issued - due + DEBIT
}

/** Ends what was reported and holds no longer, and sets the timer for what is waited for now. */
function decide(state: State, at: Seconds, context: Asked): Step {
  const { told } = state
  const due = openDue(state)
  const over = isOver(state)
  const holds = told !== undefined && due !== undefined && due <= told
  const step: Step = {
    wakeAt: over ? at + GRAVE : due === undefined || holds ? null : tellTime(state, due, context),
  }
  if (told === undefined || holds) return step
  delete state.told
  const note = due === undefined ? reasonToEnd(state) : 'The renewal has been paid or written off since.'
  return { ...step, ended: [{ fingerprint: context.key, at, note }] }
}

function reasonToEnd(state: State): string {
  const { subscription } = state
  if (subscription?.paused || subscription?.status === 'paused') return 'Collection has been paused since.'
  if (subscription?.cancelling || isOver(state)) return 'The subscription has been cancelled since.'
  return subscription === undefined
    ? 'No payment is expected any more.'
    : `The subscription is ${plain(subscription.status)} now, so no payment is expected.`
}

function findingOf(state: State, due: Seconds, context: Asked): Finding {
  const { key, now, calendar } = context
  const { customer, currency, price = 0, status, event } = state.subscription ?? {}
  const threshold = graceOf(state, due, context)
  const money = currency === undefined ? undefined : { amount: price, currency }
  const amount = currency === undefined ? 'a payment' : format(price, currency)
  return certainFinding(key, {
    severity: 'HIGH',
    title: `Renewal not paid${money === undefined ? '' : `: ${amount}`}`,
    message: `Subscription ${key}${ofCustomer(customer)} has owed ${amount} since ${calendar.momentInWords(due)}; no payment has come for ${roughSpan(now - due)}, where at most ${span(threshold)} would be usual. Stripe still shows it as ${plain(status ?? 'active')}, so the customer is very likely served without paying.`,
    advice: adviceFor(key, status),
    startedAt: due,
    customer,
    impact: money,
    subjects: subscriptionOf(key, customer),
    events: event === undefined ? [] : [event],
    evidence: [
      { name: 'time since due', observed: now - due, expected: 0, threshold, unit: 'SECONDS' },
      ...(currency === undefined
        ? []
        : [{ name: 'price', observed: price, unit: 'MONEY' as const, currency }]),
    ],
  })
}

const adviceFor = (key: string, status: string | undefined): string =>
  status === 'past_due'
    ? `Ask the customer of ${key} for another payment method: Stripe’s retries have not brought the money. If none comes, cancel the subscription.`
    : `Open ${key} in Stripe and look at its latest invoice: finalise it if it is a draft, collect or send it again if it is open. If there is none, find out why before you charge the period by hand.`

import { addPeriods, nextTurn, type Period } from '../../../calendar/periods.ts'
import type {
  InvoiceCreated,
  InvoiceDropped,
  InvoicePaid,
  SubscriptionChanged,
  SubscriptionEnded,
} from '../../../stripe/facts.ts'
import { DAY, HOUR, type Seconds } from '../../../time.ts'
import { DISORDER } from '../../kit/disorder.ts'

/** Which payment of a subscription is due next, as its events and invoices tell in any order. */

const SETTLED = 4
/** A period's invoice stays a draft for about an hour: a payment before that was for the period before. */
const DRAFT = 2 * HOUR
const WATCHED = new Set(['active', 'trialing', 'past_due'])
const OVER = new Set(['canceled', 'incomplete_expired'])

/** The subscription as of its newest event. */
export interface Snapshot {
  at: Seconds
  event: string
  status: string
  paused: boolean
  cancelling: boolean
  sendInvoice: boolean
  isNew: boolean
  price: number | undefined
  currency: string | undefined
  customer: string | undefined
  end: Seconds | undefined
  anchor: Seconds | undefined
  period: Period | undefined
  pausedSince: Seconds | undefined
  daysUntilDue: number | undefined
  previousStatus: string | undefined
  previousEnd: Seconds | undefined
}

/** An invoice that was paid or dropped, or a subscription that says so: nobody waits for its period any more. */
interface Settled {
  at: Seconds
  created: Seconds
  end: Seconds | undefined
}

/** What is known of one subscription's payments. */
export interface Renewal {
  subscription?: Snapshot
  /** The earliest payment that is not known to be settled, before counting `settled`. `firm`: set anew by a change of the cycle. */
  base?: {
    due: Seconds
    at: Seconds
    firm: boolean
    /** Of a subscription that has just been created: due instead once its first invoice is seen. */
    first?: Seconds
  }
  /** An invoice for the subscription's beginning was seen. */
  begun?: true
  settled: Settled[]
  /** When something last changed that decides whether a payment is due. */
  changedAt: Seconds
}

/** Takes in what an event says of the subscription; one older than the newest only where it begins the story. */
export function change(renewal: Renewal, fact: SubscriptionChanged | SubscriptionEnded): void {
  const { subscription: known, base } = renewal
  const reanchored = fact.kind === 'subscriptionChanged' && fact.reanchored
  if (reanchored && (base === undefined || fact.at >= base.at)) {
    renewal.base = { due: endOf(fact), at: fact.at, firm: true }
  } else if (base === undefined || (!base.firm && fact.at <= base.at && !isNewer(fact, known))) {
    renewal.base = { ...firstDue(fact), at: fact.at, firm: false }
  }
  if (isRecovered(fact)) note(renewal, { at: fact.at, created: fact.at, end: endOf(fact) })
  if (!isNewer(fact, known)) return
  const next = snapshotOf(fact, known)
  if (known !== undefined && isResumed(known, next)) {
    // What fell due while collection was paused was somebody's decision.
    const due = Math.max(dueOf(renewal) ?? 0, endOf(fact))
    renewal.base = { due, at: fact.at, firm: true }
  }
  if (known === undefined || reanchored || isMaterial(known, next)) renewal.changedAt = fact.at
  renewal.subscription = next
}

/** Stripe takes nobody out of dunning before the latest invoice is settled; the event that tells of that may come much later. */
const isRecovered = ({ status, start, at, ...fact }: SubscriptionChanged | SubscriptionEnded): boolean =>
  fact.kind === 'subscriptionChanged' &&
  fact.previousStatus === 'past_due' &&
  status === 'active' &&
  start !== undefined &&
  at >= start + DRAFT

/** Keeps the newest by period, whenever they were settled: arrears that are paid later take no due date back. */
function note({ settled }: Renewal, invoice: Settled): void {
  settled.push(invoice)
  if (settled.length <= SETTLED) return
  const until = ({ end, created }: Settled): Seconds => end ?? created
  const first = settled.reduce((least, one) => (until(one) < until(least) ? one : least))
  settled.splice(settled.indexOf(first), 1)
}

/**
 * First sight: the payment that this event says is next, or the one that was due at the moment it tells of. The time
 * up to an anchor ahead may be free: then there is no first invoice, and the first payment is due when it ends.
 */
function firstDue(fact: SubscriptionChanged | SubscriptionEnded): { due: Seconds; first?: Seconds } {
  const due = endOf(fact)
  if (fact.status === 'trialing' || fact.kind === 'subscriptionEnded') return { due }
  const start = fact.start ?? fact.at
  if (fact.isNew) return { due, first: start }
  return { due: fact.rolled || fact.previousStatus === 'trialing' ? start : due }
}

/** Takes in an invoice of the subscription that is not settled yet. */
export function invoiced(renewal: Renewal, { reason }: InvoiceCreated): boolean {
  if (reason !== 'subscription_create' || renewal.begun) return false
  renewal.begun = true
  return true
}

const endOf = ({ status, trialEnd, end, at }: SubscriptionChanged | SubscriptionEnded): Seconds =>
  (status === 'trialing' ? (trialEnd ?? end) : end) ?? at

/** Events of one second are distinguished by what they say came before them. */
function isNewer(fact: SubscriptionChanged | SubscriptionEnded, known: Snapshot | undefined): boolean {
  if (known === undefined || fact.kind === 'subscriptionEnded') return true
  if (fact.late) return false
  if (fact.at !== known.at) return fact.at > known.at
  if (fact.isNew !== known.isNew) return known.isNew
  const follows = fact.previousStatus === known.status || (fact.previousEnd ?? 0) === known.end
  const precedes = known.previousStatus === fact.status || (known.previousEnd ?? 0) === fact.end
  return follows === precedes ? fact.eventId > known.event : follows
}

function snapshotOf(fact: SubscriptionChanged | SubscriptionEnded, known: Snapshot | undefined): Snapshot {
  const { at, eventId: event, paused, sendInvoice, cancelAt, end, interval, count = 1 } = fact
  const { price, currency, customer, anchor, daysUntilDue } = fact
  const change = fact.kind === 'subscriptionEnded' ? undefined : fact
  const status = change === undefined && !OVER.has(fact.status) ? 'canceled' : fact.status
  return {
    at,
    event,
    status,
    paused,
    // An end that was agreed for a later period leaves this renewal due.
    cancelling: fact.cancelAtEnd && (cancelAt === undefined || end === undefined || cancelAt <= end + DAY),
    sendInvoice,
    isNew: change?.isNew ?? false,
    price,
    currency,
    customer,
    end,
    anchor,
    period: interval && { interval, count },
    pausedSince: paused || status === 'paused' ? (known?.pausedSince ?? at) : undefined,
    daysUntilDue,
    previousStatus: change?.previousStatus,
    previousEnd: change?.previousEnd,
  }
}

const isResumed = (before: Snapshot, after: Snapshot): boolean =>
  before.pausedSince !== undefined &&
  after.pausedSince === undefined &&
  after.at - before.pausedSince > DISORDER

const isMaterial = (a: Snapshot, b: Snapshot): boolean =>
  a.status !== b.status ||
  a.paused !== b.paused ||
  a.cancelling !== b.cancelling ||
  a.sendInvoice !== b.sendInvoice ||
  a.price !== b.price

/** Notes a settled renewal; false where the invoice was for something else. */
export function settle(renewal: Renewal, fact: InvoicePaid | InvoiceDropped): boolean {
  const regular = fact.reason === 'subscription_cycle' || fact.reason === 'subscription_create'
  const other =
    fact.reason === undefined || fact.reason === 'subscription_update' || fact.reason === 'subscription'
  if (!regular && !(other && fact.end !== undefined)) return false
  note(renewal, { at: fact.at, created: fact.created ?? fact.at, end: fact.end })
  return true
}

/** Until when an invoice covers the subscription. A line in arrears ends with the invoice and says nothing of what follows. */
function coveredUntil({ created, end }: Settled, { anchor, period }: Snapshot): Seconds {
  if (end !== undefined && end > created + HOUR) return end
  if (period === undefined) return end ?? created
  return anchor === undefined ? addPeriods(created, period, 1) : nextTurn(anchor, period, created)
}

/** The earliest payment that was not seen. */
function dueOf({ subscription, base, begun, settled }: Renewal): Seconds | undefined {
  if (subscription === undefined || base === undefined) return undefined
  let due = begun && base.first !== undefined ? base.first : base.due
  for (const invoice of settled)
    if (!base.firm || invoice.at >= base.at) due = Math.max(due, coveredUntil(invoice, subscription))
  return due
}

/** The payment that is waited for; undefined while none can be expected. */
export function openDue(renewal: Renewal): Seconds | undefined {
  const { subscription } = renewal
  if (subscription === undefined || !WATCHED.has(subscription.status)) return undefined
  if (subscription.paused || subscription.cancelling || (subscription.price ?? 0) <= 0) return undefined
  return dueOf(renewal)
}

/** The subscription has ended, and nothing can bring it back. */
export const isOver = ({ subscription }: Renewal): boolean =>
  subscription !== undefined && OVER.has(subscription.status)

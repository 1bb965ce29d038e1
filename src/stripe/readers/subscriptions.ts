import type { StripeEnvelope } from '../event.ts'
import type { Fact, SubscriptionChanged, SubscriptionDetails } from '../facts.ts'
import { type EventReading, KEEP_OPEN, KEEP_SETTLED, type ObjectRecord } from '../ledger.ts'
import { mark } from '../mark.ts'
import {
  amount,
  currency,
  customerOf,
  type Fields,
  fields,
  id,
  known,
  reference,
  text,
  time,
} from '../read.ts'
import { isA, NOTHING, remember, strings } from './common.ts'
import { itemsBefore, type SubscriptionValue, valueOfItems } from './subscription-value.ts'

/** Changes of one subscription that are kept apart; a second event of one change comes within minutes of the first. */
const MOST_CHANGES = 12

/** customer.subscription.*: each change of a subscription, and once its end. */
export const readSubscription = (event: StripeEnvelope): EventReading => {
  const { object } = event
  const subscription = id(object['id'])
  if (subscription === undefined || !isA('subscription', object)) return NOTHING
  const value = valueOfItems(object['items'], currency(object['currency']))
  const details = subscriptionDetails(event, subscription, value)
  if (details === undefined) return NOTHING
  const change = readChange(event, value, details)
  return {
    objects: [subscription],
    apply: (ledger) => {
      const record = { ...ledger.get(subscription) }
      const whole = known({
        at: event.created,
        eventId: event.id,
        customer: customerOf(object),
        ...details,
      })
      const facts =
        event.type === ENDED ? endFacts(event, whole, record) : changeFacts(event, whole, change, record)
      if (facts.length > 0)
        ledger.set(subscription, record, record['ended'] === true ? KEEP_SETTLED : KEEP_OPEN)
      return facts
    },
  }
}

const CREATED = 'customer.subscription.created'
const ENDED = 'customer.subscription.deleted'

type Whole = SubscriptionDetails & { at: number; eventId: string; customer?: string }
type Change = Pick<
  SubscriptionChanged,
  'isNew' | 'before' | 'previousStatus' | 'previousEnd' | 'rolled' | 'reanchored' | 'scheduled'
>

const subscriptionDetails = (
  event: StripeEnvelope,
  subscription: string,
  value: SubscriptionValue,
): SubscriptionDetails | undefined => {
  const { object } = event
  const status = text(object['status']) ?? (event.type === ENDED ? 'canceled' : undefined)
  if (status === undefined) return undefined
  const end = value.end ?? time(object['current_period_end'])
  const pause = fields(object['pause_collection'])
  return known({
    subscription,
    status,
    currency: currency(object['currency']) ?? value.currency,
    start: value.start ?? time(object['current_period_start']),
    end,
    anchor: time(object['billing_cycle_anchor']),
    interval: value.interval,
    count: value.count,
    price: value.price,
    monthly: value.monthly,
    seats: value.seats,
    paused: pause !== undefined,
    pausedUntil: time(pause?.['resumes_at']),
    cancelAtEnd: endsWith(object, end),
    cancelAt: time(object['cancel_at']),
    sendInvoice: object['collection_method'] === 'send_invoice',
    daysUntilDue: amount(object['days_until_due']),
    trialEnd: time(object['trial_end']),
    created: time(object['created']),
  })
}

/** A `cancel_at` beyond the period's end leaves a renewal before it. */
const endsWith = (subscription: Fields, end: number | undefined): boolean => {
  const cancelAt = time(subscription['cancel_at'])
  return (
    subscription['cancel_at_period_end'] === true ||
    (cancelAt !== undefined && (end === undefined || cancelAt <= end))
  )
}

/** What `previous_attributes` say changed, compared with what stands now: what did not change may be among them. */
const readChange = (event: StripeEnvelope, now: SubscriptionValue, details: SubscriptionDetails): Change => {
  const { object, previous = {} } = event
  const items = itemsBefore(object, previous)
  const then = items === undefined ? undefined : valueOfItems(items, currency(object['currency']))
  const previousEnd = then?.end ?? time(previous['current_period_end'])
  return known({
    isNew: event.type === CREATED,
    before: then === undefined ? undefined : valueBefore(then, now),
    previousStatus: text(previous['status']),
    previousEnd: previousEnd === details.end ? undefined : previousEnd,
    rolled: previousEnd !== undefined && details.end !== undefined && previousEnd !== details.end,
    reanchored: changed('billing_cycle_anchor', object, previous) || changed('trial_end', object, previous),
    scheduled:
      event.requestId === undefined &&
      (reference(object['schedule']) ?? reference(previous['schedule'])) !== undefined,
  })
}

const valueBefore = (then: SubscriptionValue, now: SubscriptionValue): SubscriptionChanged['before'] =>
  then.monthly === now.monthly && then.seats === now.seats && then.price === now.price
    ? undefined
    : known({ monthly: then.monthly, seats: then.seats, price: then.price })

const changed = (name: string, object: Fields, previous: Fields): boolean =>
  Object.hasOwn(previous, name) && previous[name] !== object[name]

const endFacts = (event: StripeEnvelope, whole: Whole, record: ObjectRecord): Fact[] => {
  if (record['ended'] === true) return []
  record['ended'] = true
  record['at'] = event.created
  return [{ kind: 'subscriptionEnded', ...whole }]
}

/**
 * A change is reported once, by what changed and when. A snapshot that says nothing new (another event of the same
 * change, or one that came after a newer one and changed nothing that matters) is not reported; one that came late and
 * did change something is reported as late.
 */
const changeFacts = (event: StripeEnvelope, whole: Whole, change: Change, record: ObjectRecord): Fact[] => {
  const changes = strings(record['changes'])
  const state = mark(stateOf(whole))
  const step: Step = { now: placeNow(whole), was: placeBefore(whole, change) }
  const late = isLate(event, step, record)
  const isNews = change.isNew || step.was !== step.now || change.reanchored
  if (!isNews && (late || record['state'] === state)) return []
  const identity = mark([event.created, state, step.was, change.isNew, change.reanchored])
  if (changes.includes(identity)) return []
  record['changes'] = remember(changes, identity, MOST_CHANGES)
  if (!late) Object.assign(record, { at: event.created, state, ...step })
  return [{ kind: 'subscriptionChanged', ...whole, ...change, ...(late ? { late } : {}) }]
}

/** Where a change led and where it came from: with times in whole seconds the only order that many events have. */
interface Step {
  now: string
  was: string
}

const placeNow = (at: Whole): string => mark([at.status, at.end, at.monthly, at.seats])

const placeBefore = (at: Whole, { previousStatus, previousEnd, before }: Change): string =>
  mark([
    previousStatus ?? at.status,
    previousEnd ?? at.end,
    before === undefined ? at.monthly : before.monthly,
    before === undefined ? at.seats : before.seats,
  ])

/** Older than the newest snapshot, after the end, or of the same second and the one that the newest set out from. */
const isLate = (event: StripeEnvelope, step: Step, record: ObjectRecord): boolean => {
  if (record['ended'] === true) return true
  const newest = time(record['at'])
  if (newest === undefined || event.created > newest) return false
  if (event.created < newest || event.type === CREATED) return true
  return step.now !== record['now'] && step.now === record['was'] && step.was !== record['now']
}

const stateOf = (whole: Whole): readonly unknown[] => [
  whole.status,
  whole.currency,
  whole.start,
  whole.end,
  whole.anchor,
  whole.price,
  whole.monthly,
  whole.seats,
  whole.paused,
  whole.pausedUntil,
  whole.cancelAtEnd,
  whole.cancelAt,
  whole.sendInvoice,
  whole.daysUntilDue,
  whole.trialEnd,
]

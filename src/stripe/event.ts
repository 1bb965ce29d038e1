import type { Seconds } from '../time.ts'
import type { Delivered } from './facts.ts'
import {
  amount,
  currency,
  customerOf,
  type Fields,
  fields,
  id,
  integer,
  isFields,
  known,
  time,
} from './read.ts'

/** A Stripe event's envelope, parsed from its signed body; `object` is unparsed Stripe data. */
export interface StripeEnvelope {
  id: string
  type: string
  created: Seconds
  livemode: boolean
  account?: string
  apiVersion?: string
  /** `request.id`; absent when Stripe itself acted. */
  requestId?: string
  idempotencyKey?: string
  /** v2.core.event: stored, never judged; `object` is then its `related_object`, or empty. */
  thin: boolean
  object: Record<string, unknown>
  previous?: Record<string, unknown>
}

/** What the inbox shows of an event without opening its payload (STRIPE's own object, customer and headline amount). */
export interface EventSummary {
  objectId?: string
  customerId?: string
  /** Minor units of `currency`; both are there or neither. */
  amount?: number
  /** Lower case. */
  currency?: string
}

/**
 * Reads the envelope of a snapshot or thin event; undefined for anything that is no Stripe event. Never throws. Strings
 * that come out can be stored by every database; `object` and `previous` are as they came.
 */
export const parseEvent = (raw: Uint8Array | string): StripeEnvelope | undefined => readEvent(parseJson(raw))

/** The same of a body whose JSON is parsed already. */
export const readEvent = (event: unknown): StripeEnvelope | undefined => {
  if (!isFields(event)) return undefined
  if (event['object'] === 'event') return snapshot(event)
  if (event['object'] === 'v2.core.event') return thin(event)
  return undefined
}

/** The value that the JSON stands for; undefined where it is none. */
export const parseJson = (raw: Uint8Array | string): unknown => {
  try {
    return JSON.parse(typeof raw === 'string' ? raw : utf8.decode(raw))
  } catch {
    return undefined
  }
}

/** Throws on what is no UTF-8, and keeps a byte order mark, which is no JSON either. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const snapshot = (event: Fields): StripeEnvelope | undefined => {
  const eventId = id(event['id'])
  const type = id(event['type'])
  const created = time(event['created'])
  const data = fields(event['data'])
  const object = data?.['object']
  if (eventId === undefined || type === undefined || created === undefined || !isFields(object))
    return undefined
  const previous = data?.['previous_attributes']
  const request = event['request']
  return known({
    id: eventId,
    type,
    created,
    livemode: mode(event['livemode']) ?? mode(object['livemode']) ?? false,
    account: id(event['account']),
    apiVersion: id(event['api_version']),
    requestId: isFields(request) ? id(request['id']) : id(request),
    idempotencyKey: isFields(request) ? id(request['idempotency_key']) : undefined,
    thin: false,
    object,
    previous: isFields(previous) ? previous : undefined,
  })
}

const thin = (event: Fields): StripeEnvelope | undefined => {
  const eventId = id(event['id'])
  const type = id(event['type'])
  const created = written(event['created'])
  if (eventId === undefined || type === undefined || created === undefined) return undefined
  const related = event['related_object']
  return known({
    id: eventId,
    type,
    created,
    livemode: mode(event['livemode']) ?? false,
    account: id(event['account']),
    thin: true,
    object: isFields(related) ? related : {},
  })
}

const mode = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

/** Seconds of a time written by RFC 3339. */
const written = (value: unknown): Seconds | undefined =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d/.test(value)
    ? time(Math.floor(Date.parse(value) / 1000))
    : undefined

/** The object, customer and headline amount of an event; what its object does not say is absent. */
export const summarize = (event: StripeEnvelope): EventSummary => {
  const { object } = event
  const objectId = id(object['id'])
  if (event.thin) return known({ objectId })
  const headline = headlineAmount(object)
  const unit = headline === undefined ? undefined : currency(object['currency'])
  return known({
    objectId,
    customerId: object['object'] === 'customer' ? objectId : customerOf(object),
    amount: unit === undefined ? undefined : headline,
    currency: unit,
  })
}

/** The object's own amount, never that of the change. */
const headlineAmount = (object: Fields): number | undefined => {
  switch (object['object']) {
    case 'charge':
    case 'payment_intent':
    case 'refund':
    case 'dispute':
    case 'credit_note':
      return amount(object['amount'])
    case 'invoice':
      return integer(object['total'])
    case 'checkout.session':
      return amount(object['amount_total'])
    case 'invoice_payment':
      return amount(object['amount_paid']) ?? amount(object['amount_requested'])
    default:
      return undefined
  }
}

/** The fact that every delivery makes, whatever its type; `receivedAt` is when it came. */
export const delivered = (event: StripeEnvelope, receivedAt: Seconds, found = false): Delivered => ({
  kind: 'delivered',
  at: event.created,
  eventId: event.id,
  type: event.type,
  lag: Math.max(0, receivedAt - event.created),
  ...(found && { found }),
})

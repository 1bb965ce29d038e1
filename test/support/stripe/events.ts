import { createHmac } from 'node:crypto'
import { fresh, type Json, START } from './basics.ts'
import { NEWEST, type Version } from './versions.ts'

export interface EventOptions {
  id?: string
  created?: number
  version?: Version | null
  livemode?: boolean
  account?: string
  /** `request` as it stands; default: an API call with a key. */
  request?: unknown
  previous?: Json
}

/** A snapshot event about `object`. */
export const event = (type: string, object: Json, options: EventOptions = {}): Json => ({
  id: options.id ?? fresh('evt'),
  object: 'event',
  ...(options.account === undefined ? {} : { account: options.account }),
  api_version: options.version === undefined ? NEWEST : options.version,
  created: options.created ?? START,
  data: options.previous === undefined ? { object } : { object, previous_attributes: options.previous },
  livemode: options.livemode ?? true,
  pending_webhooks: 1,
  request:
    options.request === undefined ? { id: fresh('req'), idempotency_key: fresh('key') } : options.request,
  type,
})

/** A thin event of Stripe's second API: no object, its time as text. */
export const thinEvent = (fields: Json = {}): Json => ({
  id: fresh('evt'),
  object: 'v2.core.event',
  type: 'v1.charge.succeeded',
  created: '2025-06-01T00:00:00.000Z',
  livemode: true,
  context: null,
  reason: null,
  related_object: { id: 'ch_thin', type: 'charge', url: '/v1/charges/ch_thin' },
  ...fields,
})

/** The event's body as Stripe sends it: pretty-printed with two spaces. */
export const body = (value: Json): string => JSON.stringify(value, null, 2)

/** The `stripe-signature` header for a body. */
export const sign = (text: string, secret: string, at: number): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')}`

import { type Fields, fields, id, integer } from '../stripe/read.ts'
import type { Seconds } from '../time.ts'
import { API_VERSION } from './api-version.ts'
import { listedEvents } from './listed-event.ts'
import { type Granted, isGranted } from './permissions.ts'
import type { Span } from './probe.ts'
import type { ReadableList } from './read-lists.ts'

/** What an object tells of its past: an event as Stripe would have sent it then. */
interface Told {
  what: string
  type: string
  at: Seconds | undefined
  object: Fields
}

interface OlderList extends Pick<ReadableList, 'path' | 'params'> {
  permission: string
  tell(object: Fields): Told[]
}

/** Given back since, which its refunds tell. */
const AS_PAID = { refunded: false, amount_refunded: 0, refunds: null, disputed: false }

const tellCharge = (charge: Fields): Told[] => {
  const at = integer(charge['created'])
  if (charge['status'] === 'succeeded')
    return [{ what: 'succeeded', type: 'charge.succeeded', at, object: { ...charge, ...AS_PAID } }]
  return charge['status'] === 'failed' ? [{ what: 'failed', type: 'charge.failed', at, object: charge }] : []
}

const tellSubscription = (subscription: Fields): Told[] => [
  {
    what: 'created',
    type: 'customer.subscription.created',
    at: integer(subscription['created']),
    object: subscription,
  },
  ...(subscription['status'] === 'canceled'
    ? [
        {
          what: 'deleted',
          type: 'customer.subscription.deleted',
          at: integer(subscription['ended_at']) ?? integer(subscription['canceled_at']),
          object: subscription,
        },
      ]
    : []),
]

const GONE = new Set<unknown>(['failed', 'canceled'])

/** Only the last state of an object is known, so what is told is what its last state proves. */
const OLDER_LISTS: readonly OlderList[] = [
  { path: '/v1/charges', params: {}, permission: 'rak_charge_read', tell: tellCharge },
  {
    path: '/v1/refunds',
    params: {},
    permission: 'rak_charge_read',
    tell: (refund) =>
      GONE.has(refund['status'])
        ? []
        : [{ what: 'created', type: 'refund.created', at: integer(refund['created']), object: refund }],
  },
  {
    path: '/v1/disputes',
    params: {},
    permission: 'rak_dispute_read',
    tell: (dispute) => [
      {
        what: 'created',
        type: 'charge.dispute.created',
        at: integer(dispute['created']),
        object: dispute,
      },
    ],
  },
  {
    path: '/v1/invoices',
    params: { status: 'paid' },
    permission: 'rak_invoice_read',
    tell: (invoice) => [
      {
        what: 'paid',
        type: 'invoice.paid',
        at: integer(fields(invoice['status_transitions'])?.['paid_at']),
        object: invoice,
      },
    ],
  },
  {
    path: '/v1/subscriptions',
    params: { status: 'all' },
    permission: 'rak_subscription_read',
    tell: tellSubscription,
  },
]

export interface OlderObjects {
  endpointId: string
  livemode: boolean
  account: string | undefined
  span: Span
}

/** The lists of older objects that a key may read. */
export const readableLists = (permissions: Granted): readonly OlderList[] =>
  OLDER_LISTS.filter(({ permission }) => isGranted(permissions, permission))

/** All of them, with the events that are made of their objects. */
export const olderLists = ({ endpointId, livemode, account, span }: OlderObjects) =>
  OLDER_LISTS.map(
    ({ path, params, permission, tell }): ReadableList => ({
      name: `${path}${account === undefined ? '' : ` of ${account}`}`,
      path,
      params,
      needs: permission,
      ...(account !== undefined && { account }),
      eventsOf: (object) =>
        tell(object).flatMap(({ what, type, at, object: told }) => {
          const stripeId = id(object['id'])
          // What came later is among the events.
          if (stripeId === undefined || at === undefined || at < span.from || at > span.to) return []
          const body = {
            id: `evt_bw_${stripeId}_${what}`,
            object: 'event',
            api_version: API_VERSION,
            created: at,
            livemode: object['livemode'] ?? livemode,
            type,
            data: { object: told },
          }
          return listedEvents(body, { endpointId, source: 'REBUILT', account })
        }),
    }),
  )

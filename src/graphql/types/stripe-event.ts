import { composeId, keyOfId } from '../../ids.ts'
import { EVENT_SOURCES, type EventSource } from '../../storage/inbox.ts'
import { compare, EVENTS, type EventRow, readRow } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { type MomentRange, resolveRange } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { loadersOf, scopeOf } from '../context.ts'
import { Subscription } from '../live/subscription.ts'
import { EVENT_STATUSES, type EventFilter, eventMatches, eventSource } from '../read/events.ts'
import { eventColumns, reads } from '../read/look-ahead.ts'
import { readPage } from '../read/paging.ts'
import { connectionOf, pageArgs, pageCost } from './connection.ts'
import { DateTimeRange } from './date-time-range.ts'
import { Money, moneyOf } from './money.ts'
import { Node } from './node.ts'

const StripeEventStatus = builder.enumType('StripeEventStatus', {
  description: 'The state of a stored event.',
  values: {
    PENDING: { description: 'It waits for the detectors.' },
    PROCESSED: { description: 'The detectors have processed it.' },
    IGNORED: {
      description:
        'No detector reads its type, it is a thin event, or it is a test-mode event of a tenant that is live.',
    },
    FAILED: {
      description: 'A detector threw on it; `error` says which. The other detectors have processed it.',
    },
  } satisfies Record<(typeof EVENT_STATUSES)[number], { description: string }>,
})

const StripeEventSource = builder.enumType('StripeEventSource', {
  description: 'How an event came.',
  values: {
    WEBHOOK: { description: 'Stripe delivered it.' },
    API: { description: "It was read from Stripe's API: the past, or what no webhook brought." },
    REBUILT: { description: 'It was made of an older object, and teaches what is usual.' },
    REPLAY: { description: 'It was replayed from a file.' },
  },
})

/** Which of them the past came by is the business of those who judge it. */
const SOURCES = {
  WEBHOOK: 'WEBHOOK',
  API: 'API',
  BACKFILL: 'API',
  REBUILT: 'REBUILT',
  REPLAY: 'REPLAY',
} as const satisfies Record<EventSource, typeof StripeEventSource.$inferType>

export const StripeEvent = builder.objectRef<EventRow>('StripeEvent')

StripeEvent.implement({
  description: 'An event of Stripe, stored once.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Starts with `evn_`.',
      ...reads<EventRow>('tenantId', 'stripeId'),
      resolve: ({ tenantId, stripeId }) => composeId('evn', tenantId, stripeId),
    }),
    stripeId: t.exposeString('stripeId', { description: "Stripe's id, `evt_…`." }),
    type: t.exposeString('type', { description: "Stripe's type, e.g. `charge.succeeded`." }),
    apiVersion: t.exposeString('apiVersion', {
      nullable: true,
      description: 'The API version that its data is in; null where Stripe gave none.',
    }),
    livemode: t.exposeBoolean('livemode', { description: "Stripe's live mode, as against test mode." }),
    account: t.exposeString('account', {
      nullable: true,
      description: 'The connected account (`acct_…`) it is about, where Stripe names one.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When Stripe created it.' }),
    receivedAt: t.expose('receivedAt', {
      type: 'DateTime',
      description: 'When it was first delivered here.',
    }),
    processedAt: t.expose('processedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the detectors processed it; null while it waits.',
    }),
    lagSeconds: t.float({
      description: 'Seconds from `createdAt` to `receivedAt`.',
      ...reads<EventRow>('createdAt', 'receivedAt'),
      resolve: ({ createdAt, receivedAt }) => (receivedAt.getTime() - createdAt.getTime()) / 1_000,
    }),
    status: t.field({
      type: StripeEventStatus,
      description: 'Its state.',
      ...reads<EventRow>('status'),
      resolve: ({ status }) => EVENT_STATUSES.find((known) => known === status) ?? 'PENDING',
    }),
    source: t.field({
      type: StripeEventSource,
      description: 'How it came.',
      ...reads<EventRow>('source'),
      resolve: ({ source }) => SOURCES[EVENT_SOURCES.find((known) => known === source) ?? 'WEBHOOK'],
    }),
    error: t.exposeString('error', { nullable: true, description: 'Which detector threw, and what.' }),
    objectId: t.exposeString('objectId', {
      nullable: true,
      description: 'The Stripe object it is about, e.g. `ch_…`.',
    }),
    customerId: t.exposeString('customerId', {
      nullable: true,
      description: "The object's customer (`cus_…`), where it has one.",
    }),
    amount: t.field({
      type: Money,
      nullable: true,
      description: "The object's total amount, never that of a change; null for objects without one.",
      ...reads<EventRow>('amount', 'currency'),
      resolve: ({ amount, currency }) => moneyOf(amount, currency),
    }),
    payload: t.field({
      type: 'JSON',
      nullable: true,
      authScopes: { member: true },
      description: 'The body as Stripe signed it; null after its retention. MEMBER and up.',
      complexity: 20,
      ...reads<EventRow>('stripeId'),
      resolve: (event, _args, context) => loadersOf(context).payloads.show(event),
    }),
  }),
})

export const { connection: StripeEventConnection } = connectionOf('StripeEvent', StripeEvent)

const StripeEventFilter = builder.inputType('StripeEventFilter', {
  description: 'Filters events; a field that is left out does not filter.',
  fields: (t) => ({
    types: t.stringList({ description: 'One of these types, e.g. `charge.failed`.' }),
    statuses: t.field({ type: [StripeEventStatus], description: 'One of these.' }),
    created: t.field({ type: DateTimeRange, description: "Stripe's time." }),
    customerId: t.string({ description: 'Of this customer, `cus_…`.' }),
    objectId: t.string({ description: 'About this object, e.g. `in_…`.' }),
    stripeId: t.string({ description: 'The event with this id, `evt_…`.' }),
    livemode: t.boolean({ description: 'Only live mode, or only test mode.' }),
    account: t.string({ description: 'Of this connected account, `acct_…`.' }),
  }),
})

type GivenFilter = Omit<EventFilter, 'created'> & { created?: MomentRange | null | undefined }

const resolveFilter = async (scope: Scope, filter: GivenFilter): Promise<EventFilter> => ({
  ...filter,
  created: await resolveRange(scope, filter.created ?? {}),
})

builder.queryFields((t) => ({
  event: t.field({
    type: StripeEvent,
    nullable: true,
    authScopes: { viewer: true },
    description: 'One event by its id (`evn_…`).',
    args: { id: t.arg.id({ required: true, description: 'Starts with `evn_`.' }) },
    resolve: (_root, { id }, context, info) => {
      const scope = scopeOf(context)
      const stripeId = keyOfId('evn', scope.tenantId, id)
      if (stripeId === undefined) return null
      return readRow(scope, EVENTS, {
        columns: eventColumns(info),
        where: [compare('stripeId', '=', stripeId)],
      })
    },
  }),
  events: t.field({
    type: StripeEventConnection,
    nullable: true,
    authScopes: { viewer: true },
    description: "The tenant's stored events, newest received first.",
    complexity: pageCost,
    args: {
      filter: t.arg({ type: StripeEventFilter, description: 'Which of them.' }),
      ...pageArgs(t),
    },
    resolve: async (_root, { filter, ...page }, context, info) => {
      const scope = scopeOf(context)
      return readPage(page, eventSource(scope, await resolveFilter(scope, filter ?? {}), eventColumns(info)))
    },
  }),
}))

builder.subscriptionField('eventReceived', (t) =>
  t.field({
    type: StripeEvent,
    authScopes: { viewer: true },
    description: 'Webhook events as they are stored; live only.',
    args: { filter: t.arg({ type: StripeEventFilter, description: 'Which of them.' }) },
    subscribe: async (_root, args, context) => {
      const scope = scopeOf(context)
      const filter = await resolveFilter(scope, args.filter ?? {})
      const { eventFeed } = context.services
      return Subscription.open(context, async () => {
        const feed = await eventFeed.join(scope)
        return {
          feed,
          position: feed.reader.head,
          filter: JSON.stringify(filter),
          itemOf: ({ event }) => (eventMatches(event, filter) ? event : undefined),
        }
      })
    },
    resolve: (event) => event,
  }),
)

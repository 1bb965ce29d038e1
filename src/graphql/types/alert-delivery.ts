import type { AlertDelivery as DeliveryRow } from '../../generated/sqlite/client.ts'
import type { AnomalyRow } from '../../storage/reading.ts'
import { builder } from '../builder.ts'
import { loadersOf, scopeOf } from '../context.ts'
import { deliverySource, readAlertsOf } from '../read/alert-deliveries.ts'
import { anomalyColumns, reads } from '../read/look-ahead.ts'
import { readPage } from '../read/paging.ts'
import { AlertAttempt } from './alert-attempt.ts'
import { AlertChannel } from './alert-channel.ts'
import { AlertReason, REASONS } from './alert-routing.ts'
import { Anomaly } from './anomaly.ts'
import { connectionOf, pageArgs, pageCost, STATEMENT } from './connection.ts'
import { Node } from './node.ts'

const STATES = ['WAITING', 'DELIVERED', 'FAILED', 'SUPERSEDED', 'MUTED'] as const

export const AlertDeliveryState = builder.enumType('AlertDeliveryState', {
  description: 'What became of an alert.',
  values: {
    WAITING: { description: 'It is sent at `dueAt`, the first time or again.' },
    DELIVERED: { description: 'The channel took it, alone or as part of a digest.' },
    FAILED: { description: 'It was given up; `why` says the reason.' },
    SUPERSEDED: { description: 'It was not needed any more; `why` says the reason.' },
    MUTED: { description: 'It does not go to this channel; `why` says the reason.' },
  } satisfies Record<(typeof STATES)[number], { description: string }>,
})

export const AlertDelivery = builder.objectRef<DeliveryRow>('AlertDelivery').implement({
  description: 'One alert to one channel, or why there was none; kept for 90 days.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `dlv_`; the `webhook-id` that a receiver sees.' }),
    channel: t.field({
      type: AlertChannel,
      nullable: true,
      description: 'Where it goes.',
      complexity: STATEMENT,
      resolve: ({ tenantId, channelId }, _args, context) =>
        scopeOf(context).db.alertChannel.findFirst({ where: { tenantId, id: channelId } }),
    }),
    anomaly: t.field({
      type: Anomaly,
      nullable: true,
      description: 'What it is about; null for digests and what is about no single anomaly.',
      resolve: ({ anomalyId }, _args, context, info) =>
        anomalyId === null ? null : loadersOf(context).anomaly(anomalyColumns(info)).load(anomalyId),
    }),
    reason: t.field({
      type: AlertReason,
      description: 'Why it is sent.',
      resolve: ({ reason }) => REASONS.find((known) => known === reason) ?? 'UPDATED',
    }),
    state: t.field({
      type: AlertDeliveryState,
      description: 'What became of it.',
      resolve: ({ state }) => STATES.find((known) => known === state) ?? 'WAITING',
    }),
    why: t.exposeString('why', {
      nullable: true,
      description: 'Why it was not sent, or not yet; null where there is nothing to say.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was planned.' }),
    dueAt: t.expose('dueAt', { type: 'DateTime', description: 'When it is, or was, to be sent.' }),
    deliveredAt: t.expose('deliveredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the channel took it.',
    }),
    attempts: t.field({
      type: [AlertAttempt],
      description: 'The attempts to deliver it, oldest first.',
      complexity: { field: STATEMENT, multiplier: 10 },
      resolve: ({ tenantId, id }, _args, context) =>
        scopeOf(context).db.alertAttempt.findMany({
          where: { tenantId, deliveryId: id },
          orderBy: { n: 'asc' },
          take: 200,
        }),
    }),
  }),
})

const { connection } = connectionOf('AlertDelivery', AlertDelivery)

builder.objectField(AlertChannel, 'deliveries', (t) =>
  t.field({
    type: connection,
    nullable: true,
    description: 'What was sent there and what was not, newest first.',
    args: {
      states: t.arg({ type: [AlertDeliveryState], description: 'Only in one of these states.' }),
      ...pageArgs(t),
    },
    complexity: pageCost,
    resolve: ({ id }, { states, ...page }, context) =>
      readPage(page, deliverySource(scopeOf(context), { channelId: id, states })),
  }),
)

builder.objectField(Anomaly, 'alerts', (t) =>
  t.field({
    type: [AlertDelivery],
    nullable: true,
    description: 'Which channels reported it, and which did not and why, oldest first; at most 200.',
    complexity: { field: STATEMENT, multiplier: 20 },
    ...reads<AnomalyRow>('id'),
    resolve: ({ id }, _args, context) => readAlertsOf(scopeOf(context), id),
  }),
)

const AlertDeliveryFilter = builder.inputType('AlertDeliveryFilter', {
  description: 'Filters alerts; a field that is left out does not filter.',
  fields: (t) => ({
    channelId: t.id({ description: 'To this channel, `chn_…`.' }),
    anomalyId: t.id({ description: 'About this anomaly, `anm_…`.' }),
    states: t.field({ type: [AlertDeliveryState], description: 'In one of these states.' }),
  }),
})

builder.queryField('alertDeliveries', (t) =>
  t.field({
    type: connection,
    nullable: true,
    authScopes: { viewer: true },
    description: 'What was sent and what was not, newest first.',
    complexity: pageCost,
    args: {
      filter: t.arg({ type: AlertDeliveryFilter, description: 'Only these.' }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, context) =>
      readPage(page, deliverySource(scopeOf(context), filter ?? {})),
  }),
)

import type { Activity as ActivityRow } from '../../generated/sqlite/client.ts'
import { composeId } from '../../ids.ts'
import type { ActivityKind as Kind } from '../../storage/activity.ts'
import type { AnomalyRow } from '../../storage/reading.ts'
import { builder } from '../builder.ts'
import { loadersOf, scopeOf } from '../context.ts'
import { kindOf } from '../live/activity-feed.ts'
import { activitySource } from '../read/activity.ts'
import { anomalyColumns, reads } from '../read/look-ahead.ts'
import { readPage } from '../read/paging.ts'
import { Actor, actorFrom } from './actor.ts'
import { Anomaly } from './anomaly.ts'
import { connectionOf, pageArgs, pageCost } from './connection.ts'
import { Node } from './node.ts'

export const ActivityKind = builder.enumType('ActivityKind', {
  description: 'What was done. Values will be added: keep a default case.',
  values: {
    ANOMALY_RAISED: { description: 'A new anomaly.' },
    ANOMALY_UPDATED: {
      description:
        'More signs of it, another severity, another title or message; `data.former.severity` where it became more severe.',
    },
    ANOMALY_ENDED: { description: 'The behaviour has ended.' },
    ANOMALY_REOPENED: { description: 'A person reopened it, or a new sign did.' },
    ANOMALY_ACKNOWLEDGED: { description: 'Somebody is working on it.' },
    ANOMALY_RESOLVED: { description: 'It is dealt with.' },
    ANOMALY_MARKED_FALSE_POSITIVE: { description: 'It was a false alarm.' },
    ANOMALY_COMMENTED: { description: 'A person wrote something about it: the `note`.' },
    ANOMALY_SNOOZED: { description: 'A person put it off: `data` has `until`, or `untilItGrows`.' },
    ANOMALY_UNSNOOZED: {
      description: 'It is no longer put off; `data.reason` says by a PERSON, by TIME or by GROWTH.',
    },
    ANOMALY_ACT_UNDONE: { description: 'A person undid an act, whose id is `data.undone`.' },
    DETECTOR_CONFIGURED: { description: 'A detector was enabled or disabled, or its settings changed.' },
    API_KEY_CREATED: { description: 'A new API key.' },
    API_KEY_REVOKED: { description: 'An API key was revoked.' },
    SESSION_REVOKED: { description: "Somebody's session in the dashboard was ended by an admin." },
    WEBHOOK_ENDPOINT_CREATED: { description: 'A new webhook URL.' },
    WEBHOOK_SECRET_ADDED: { description: 'A signing secret was added.' },
    WEBHOOK_SECRET_RETIRED: { description: 'A signing secret was retired.' },
    WEBHOOK_TOKEN_ROTATED: { description: 'A webhook URL was replaced.' },
    TENANT_CREATED: { description: 'The tenant was created.' },
    TENANT_UPDATED: { description: 'Its name, zone or rate limit changed.' },
    TENANT_SUSPENDED: { description: 'The operator suspended it.' },
    TENANT_RESUMED: { description: 'The operator resumed it.' },
    ALERT_CHANNEL_CREATED: { description: 'A new channel for alerts.' },
    ALERT_CHANNEL_UPDATED: {
      description: 'A channel was changed, paused, enabled or recovered, or its signing secret was rolled.',
    },
    ALERT_CHANNEL_DISABLED: { description: 'A channel was switched off because nothing arrives there.' },
    ALERT_CHANNEL_DELETED: { description: 'A channel was deleted.' },
    TENANT_REBUILT: { description: 'Its past was judged anew.' },
    STRIPE_CONNECTED: { description: "A key to Stripe's API was given, or replaced." },
    STRIPE_KEY_REVOKED: { description: 'Stripe refuses the key, or a permission that it had.' },
    STRIPE_DISCONNECTED: { description: "The connection to Stripe's API was removed." },
    EVENTS_FILLED: { description: 'Events that no webhook brought were found at Stripe and stored.' },
  } satisfies Record<Kind, { description: string }>,
})

export const Activity = builder.objectRef<ActivityRow>('Activity')

Activity.implement({
  description:
    "One act on the tenant: append-only, in order. It is an anomaly's history, the feed that subscriptions resume from, and the audit log.",
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({
      description: 'Starts with `act_`.',
      resolve: ({ tenantId, seq }) => composeId('act', tenantId, seq.toString()),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'Wall clock.' }),
    kind: t.field({
      type: ActivityKind,
      description: 'What was done.',
      resolve: ({ kind }) => {
        const known = kindOf(kind)
        if (!known) throw new Error(`unknown kind of activity: ${kind}`)
        return known
      },
    }),
    actor: t.field({
      type: Actor,
      description: 'Who did it.',
      resolve: ({ actorKind, actorName }) => actorFrom(actorKind, actorName),
    }),
    anomaly: t.field({
      type: Anomaly,
      nullable: true,
      description: 'The anomaly it concerns, as it stands now.',
      resolve: ({ anomalyId }, _args, context, info) =>
        anomalyId === null ? null : loadersOf(context).anomaly(anomalyColumns(info)).load(anomalyId),
    }),
    note: t.exposeString('note', { nullable: true, description: 'A note by the actor.' }),
    data: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What changed, by kind: names, ids and values, never a secret.',
      resolve: ({ data }): unknown => (data === null ? null : JSON.parse(data)),
    }),
  }),
})

export const { connection: ActivityConnection } = connectionOf('Activity', Activity)

builder.objectField(Anomaly, 'activity', (t) =>
  t.field({
    type: ActivityConnection,
    nullable: true,
    description: 'Its history, oldest first.',
    args: pageArgs(t),
    complexity: pageCost,
    ...reads<AnomalyRow>('id'),
    resolve: ({ id }, page, context) =>
      readPage(page, activitySource(scopeOf(context), { anomalyId: id, direction: 'oldest first' })),
  }),
)

builder.queryField('activity', (t) =>
  t.field({
    type: ActivityConnection,
    nullable: true,
    authScopes: { admin: true },
    description: "The tenant's acts, newest first. ADMIN.",
    complexity: pageCost,
    args: {
      kinds: t.arg({ type: [ActivityKind], description: 'Only these kinds; all when left out.' }),
      ...pageArgs(t),
    },
    resolve: (_root, { kinds, ...page }, context) =>
      readPage(page, activitySource(scopeOf(context), { kinds, direction: 'newest first' })),
  }),
)

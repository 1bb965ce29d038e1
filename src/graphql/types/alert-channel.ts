import { CHANNEL_KINDS, type ChannelKind } from '../../alerts/channels/channel.ts'
import { listChannels } from '../../alerts/manage.ts'
import { readRouting } from '../../alerts/routing.ts'
import { readSchedule } from '../../alerts/schedule.ts'
import type { AlertChannel as ChannelRow } from '../../generated/sqlite/client.ts'
import { builder } from '../builder.ts'
import { scopeOf } from '../context.ts'
import { AlertAddress } from './alert-address.ts'
import { AlertRouting } from './alert-routing.ts'
import { AlertSchedule } from './alert-schedule.ts'
import { STATEMENT } from './connection.ts'
import { Node } from './node.ts'

export const AlertChannelKind = builder.enumType('AlertChannelKind', {
  description: 'Where alerts can go. Values will be added: keep a default case.',
  values: {
    WEBHOOK: { description: 'Signed HTTP requests to a receiver of yours (Standard Webhooks).' },
    EMAIL: { description: 'Mails to verified addresses.' },
    SLACK: { description: 'A channel of Slack, by a bot or an incoming webhook.' },
    DISCORD: { description: 'A channel of Discord.' },
    TEAMS: { description: 'A channel of Microsoft Teams, by a workflow.' },
    PAGERDUTY: { description: 'A service of PagerDuty, whose incidents follow the anomalies.' },
  } satisfies Record<ChannelKind, { description: string }>,
})

const STATES = ['ACTIVE', 'UNVERIFIED', 'PAUSED', 'DISABLED'] as const

export const AlertChannelState = builder.enumType('AlertChannelState', {
  description: 'Whether alerts go to a channel.',
  values: {
    ACTIVE: { description: 'Alerts go there.' },
    UNVERIFIED: { description: 'No address of this EMAIL channel is verified yet.' },
    PAUSED: { description: 'A person paused it: what would have been sent is not made up for.' },
    DISABLED: { description: 'It was switched off because nothing arrives there; what it misses is kept.' },
  } satisfies Record<(typeof STATES)[number], { description: string }>,
})

export const AlertChannel = builder.objectRef<ChannelRow>('AlertChannel').implement({
  description: 'Where alerts of a tenant go, and which. What is secret of its target is never shown.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `chn_`.' }),
    name: t.exposeString('name', { description: 'A display name; unique in the tenant.' }),
    kind: t.field({
      type: AlertChannelKind,
      description: 'How it is reached.',
      resolve: ({ kind }) => CHANNEL_KINDS.find((known) => known === kind) ?? 'WEBHOOK',
    }),
    state: t.field({
      type: AlertChannelState,
      description: 'Whether alerts go there.',
      resolve: ({ state }) => STATES.find((known) => known === state) ?? 'DISABLED',
    }),
    stateReason: t.string({
      nullable: true,
      description:
        'Why it is DISABLED or UNVERIFIED, where there is more to say; of an ACTIVE one since when nothing arrives.',
      resolve: ({ state, reason, failingSince }) =>
        state === 'ACTIVE' && failingSince !== null
          ? `every attempt has failed since ${failingSince.toISOString()}`
          : reason,
    }),
    target: t.exposeString('hint', {
      description: 'Where it leads, for people: host, address or channel; never a secret.',
    }),
    addresses: t.field({
      type: [AlertAddress],
      description: 'The addresses of an EMAIL channel; empty for others.',
      complexity: { field: STATEMENT, multiplier: 20 },
      resolve: ({ tenantId, id }, _args, context) =>
        scopeOf(context).db.alertAddress.findMany({
          where: { tenantId, channelId: id },
          orderBy: { address: 'asc' },
        }),
    }),
    routing: t.field({
      type: AlertRouting,
      description: 'Which anomalies go there.',
      resolve: ({ routing }) => readRouting(routing),
    }),
    schedule: t.field({
      type: AlertSchedule,
      description: 'When alerts go there.',
      resolve: ({ schedule }) => readSchedule(schedule),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
})

builder.queryField('alertChannels', (t) =>
  t.field({
    type: [AlertChannel],
    nullable: true,
    authScopes: { viewer: true },
    description: "The tenant's channels for alerts, oldest first.",
    complexity: { field: STATEMENT, multiplier: 20 },
    resolve: (_root, _args, context) => listChannels(scopeOf(context)),
  }),
)

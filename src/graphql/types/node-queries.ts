import type { GraphQLResolveInfo } from 'graphql'
import { badInput } from '../../errors.ts'
import { keyOfId } from '../../ids.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { atLeast } from '../../tenancy/caller.ts'
import { builder } from '../builder.ts'
import { type Context, loadersOf } from '../context.ts'
import { readDetectors } from '../read/detectors.ts'
import { readImportJob } from '../read/import-jobs.ts'
import { anomalyColumns, eventColumns } from '../read/look-ahead.ts'
import { STATEMENT } from './connection.ts'
import { Node } from './node.ts'

/** Loads the object of an id; null when it does not exist, is another tenant's, or is not for this role. */
type Load = (
  id: string,
  scope: Scope,
  context: Context,
  info: GraphQLResolveInfo,
) => Promise<object | null | undefined>

interface Kind {
  typename: string
  load: Load
}

const isAdmin = ({ caller }: Context): boolean => caller.role !== undefined && atLeast(caller.role, 'ADMIN')

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    'anm',
    {
      typename: 'Anomaly',
      load: (id, _scope, context, info) => loadersOf(context).anomaly(anomalyColumns(info)).load(id),
    },
  ],
  [
    'evn',
    {
      typename: 'StripeEvent',
      load: async (id, { tenantId }, context, info) => {
        const stripeId = keyOfId('evn', tenantId, id)
        if (stripeId === undefined) return null
        return loadersOf(context).event(eventColumns(info)).load(stripeId)
      },
    },
  ],
  [
    'act',
    {
      typename: 'Activity',
      load: async (id, { db, tenantId }, context) => {
        const seq = keyOfId('act', tenantId, id)
        if (seq === undefined || !/^\d{1,18}$/.test(seq)) return null
        const activity = await db.activity.findFirst({ where: { tenantId, seq: BigInt(seq) } })
        // Every role may read an anomaly's history; the rest of the log is for ADMIN.
        return activity?.anomalyId != null || isAdmin(context) ? activity : null
      },
    },
  ],
  [
    'det',
    {
      typename: 'Detector',
      load: async (id, scope, { services }) => {
        const name = keyOfId('det', scope.tenantId, id)
        return (await readDetectors(scope, services.detectors)).find(({ detector }) => detector.name === name)
      },
    },
  ],
  [
    'whe',
    {
      typename: 'WebhookEndpoint',
      load: (id, { db, tenantId }) => db.webhookEndpoint.findFirst({ where: { tenantId, id } }),
    },
  ],
  [
    'whs',
    {
      typename: 'WebhookSecret',
      load: async (id, { db, tenantId }, context) =>
        isAdmin(context) ? db.webhookSecret.findFirst({ where: { tenantId, id } }) : null,
    },
  ],
  [
    'chn',
    {
      typename: 'AlertChannel',
      load: (id, { db, tenantId }) => db.alertChannel.findFirst({ where: { tenantId, id } }),
    },
  ],
  [
    'dlv',
    {
      typename: 'AlertDelivery',
      load: (id, { db, tenantId }) => db.alertDelivery.findFirst({ where: { tenantId, id } }),
    },
  ],
  [
    'scn',
    {
      typename: 'StripeConnection',
      load: (id, { db, tenantId }) => db.stripeConnection.findFirst({ where: { tenantId, id } }),
    },
  ],
  ['imp', { typename: 'ImportJob', load: (id, scope) => readImportJob(scope, id) }],
  [
    'ses',
    {
      typename: 'Session',
      load: async (id, { db, tenantId }, context) =>
        isAdmin(context) ? db.session.findFirst({ where: { tenantId, id } }) : null,
    },
  ],
  [
    'key',
    {
      typename: 'ApiKey',
      load: async (id, { db, tenantId }, context) =>
        isAdmin(context) || context.caller.keyId === id
          ? db.apiKey.findFirst({ where: { tenantId, id } })
          : null,
    },
  ],
])

async function loadNode(id: string, context: Context, info: GraphQLResolveInfo): Promise<object | null> {
  const prefix = id.split('_', 1)[0] ?? ''
  if (prefix === 'ten') return loadTenant(id, context)
  const kind = KINDS.get(prefix)
  if (!kind || !context.scope) return null
  const row = await kind.load(id, context.scope, context, info)
  return row ? { ...row, __typename: kind.typename } : null
}

/** The caller's own tenant; any tenant for the operator. */
async function loadTenant(id: string, context: Context): Promise<object | null> {
  if (!context.caller.operator && context.scope?.tenantId !== id) return null
  const { db } = context.scopeOfTenant(id)
  const row = await db.tenant.findFirst({ where: { id, deletedAt: null } })
  return row && { ...row, __typename: 'Tenant' }
}

const MAX_NODES = 100

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    authScopes: { anyone: true },
    description: "The object with this id; null when there is none, or it is not the caller's.",
    args: { id: t.arg.id({ required: true, description: 'Any id.' }) },
    resolve: (_root, { id }, context, info) => loadNode(id, context, info),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: false, items: true },
    authScopes: { anyone: true },
    description: 'As `node`, for several ids; the results are in their order.',
    complexity: ({ ids }) => ({ field: STATEMENT * ids.length, multiplier: Math.max(1, ids.length) }),
    args: {
      ids: t.arg.idList({ required: true, description: `At most ${MAX_NODES} ids.` }),
    },
    resolve: (_root, { ids }, context, info) => {
      if (ids.length > MAX_NODES) {
        throw badInput(['ids'], `At most ${MAX_NODES} ids can be asked for at once.`, 'OUT_OF_RANGE')
      }
      return Promise.all(ids.map((id) => loadNode(id, context, info)))
    },
  }),
}))

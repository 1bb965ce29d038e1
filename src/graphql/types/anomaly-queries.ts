import type { AnomalyOrderField as OrderField } from '../../anomalies/pages.ts'
import { ANOMALIES, type AnomalyRow, compare, readRow } from '../../storage/reading.ts'
import { builder } from '../builder.ts'
import { scopeOf } from '../context.ts'
import { type AnomalyPage, readAnomalyPage } from '../read/anomalies.ts'
import { anomalyColumns } from '../read/look-ahead.ts'
import { Anomaly, AnomalyOrigin, AnomalyStatus } from './anomaly.ts'
import { connectionOf, pageArgs, pageCost } from './connection.ts'
import { DateTimeRange } from './date-time-range.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { OrderDirection } from './order-direction.ts'
import { Severity } from './severity.ts'

const { connection, edge } = connectionOf<AnomalyRow, AnomalyPage>('Anomaly', Anomaly)

export const AnomalyEdge = edge

builder.objectField(connection, 'resumeCursor', (t) =>
  t.string({
    complexity: 0,
    resolve: (page) => page.resumeCursor(),
    description:
      'The head of the feed in the snapshot that this page was read from, also when the page is empty: subscribe with it as `after` and miss nothing.',
  }),
)

export const AnomalyFilter = builder.inputType('AnomalyFilter', {
  description: 'Filters anomalies; a field that is left out does not filter.',
  fields: (t) => ({
    detectors: t.field({ type: [DetectorNameEnum], description: 'Raised by one of these.' }),
    severities: t.field({ type: [Severity], description: 'Of one of these.' }),
    statuses: t.field({ type: [AnomalyStatus], description: 'In one of these.' }),
    origins: t.field({ type: [AnomalyOrigin], description: 'Seen live, or found in history.' }),
    detected: t.field({ type: DateTimeRange, description: '`detectedAt`, which is event time.' }),
    customerId: t.string({ description: 'About this customer, `cus_…`.' }),
    livemode: t.boolean({ description: 'Only live mode, or only test mode.' }),
    account: t.string({ description: 'Of this Stripe account, `acct_…`.' }),
    snoozed: t.boolean({ description: 'Only those that are snoozed, or only those that are not.' }),
    acknowledgedBy: t.string({
      description:
        'Acknowledged by whoever has exactly this name, as `Viewer.name` and `Actor.name` have it.',
    }),
    search: t.string({
      description:
        'The exact Stripe id of a subject; anything else is looked for word by word, in any case, in title, message and note.',
    }),
  }),
})

const AnomalyOrderField = builder.enumType('AnomalyOrderField', {
  description: 'What anomalies can be ordered by.',
  values: {
    RECORDED_AT: { description: 'The order of recording, which is that of the feed.' },
    DETECTED_AT: { description: '`detectedAt`, which is event time.' },
    STARTED_AT: { description: '`startedAt`, which is event time.' },
    UPDATED_AT: { description: '`updatedAt`.' },
    SEVERITY: { description: '`severity`, then the order of recording.' },
    IMPACT: {
      description:
        'The code of the currency of `impact`, then its amount, then the order of recording; those without one last in either direction.',
    },
  } satisfies Record<OrderField, { description: string }>,
})

const AnomalyOrder = builder.inputType('AnomalyOrder', {
  description: 'The order of anomalies.',
  fields: (t) => ({
    field: t.field({
      type: AnomalyOrderField,
      required: true,
      defaultValue: 'RECORDED_AT',
      description: 'By what.',
    }),
    direction: t.field({
      type: OrderDirection,
      required: true,
      defaultValue: 'DESC',
      description: 'Ascending or descending.',
    }),
  }),
})

builder.queryFields((t) => ({
  anomaly: t.field({
    type: Anomaly,
    nullable: true,
    authScopes: { viewer: true },
    description: 'One anomaly by its id (`anm_…`).',
    args: { id: t.arg.id({ required: true, description: 'Starts with `anm_`.' }) },
    resolve: (_root, { id }, context, info) =>
      readRow(scopeOf(context), ANOMALIES, {
        columns: anomalyColumns(info),
        where: [compare('id', '=', id)],
      }),
  }),
  anomalies: t.field({
    type: connection,
    nullable: true,
    authScopes: { viewer: true },
    description: "The tenant's anomalies.",
    complexity: pageCost,
    args: {
      filter: t.arg({ type: AnomalyFilter, description: 'Which of them.' }),
      orderBy: t.arg({
        type: AnomalyOrder,
        defaultValue: { field: 'RECORDED_AT', direction: 'DESC' },
        description: 'In which order; newest recorded first when left out.',
      }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, orderBy, ...page }, context, info) => {
      const order = orderBy ?? { field: 'RECORDED_AT', direction: 'DESC' }
      return readAnomalyPage(scopeOf(context), { filter: filter ?? {}, order, page }, anomalyColumns(info))
    },
  }),
}))

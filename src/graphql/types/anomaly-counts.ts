import { type AnomalyCounts as CountsShape, countAll } from '../../anomalies/counts.ts'
import { clamped } from '../../stripe/money.ts'
import { builder } from '../builder.ts'
import { scopeOf } from '../context.ts'
import { AnomalyStatus } from './anomaly.ts'
import { AnomalyFilter } from './anomaly-queries.ts'
import { STATEMENT } from './connection.ts'
import { SeverityCount } from './detector.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { Money } from './money.ts'

const AnomalyStatusCount = builder
  .objectRef<CountsShape['byStatus'][number]>('AnomalyStatusCount')
  .implement({
    description: 'How many anomalies have a status.',
    fields: (t) => ({
      status: t.expose('status', { type: AnomalyStatus, description: 'The status.' }),
      count: t.exposeInt('count', { description: 'How many.' }),
    }),
  })

const DetectorCount = builder.objectRef<CountsShape['byDetector'][number]>('DetectorCount').implement({
  description: 'How many anomalies a detector has raised.',
  fields: (t) => ({
    detector: t.expose('detector', { type: DetectorNameEnum, description: 'The detector.' }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
})

const AnomalyCounts = builder.objectRef<CountsShape>('AnomalyCounts').implement({
  description: 'How many anomalies there are under a filter; every value is listed, with zeros.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'All of them.' }),
    byStatus: t.expose('byStatus', { type: [AnomalyStatusCount], description: 'All of them by status.' }),
    byDetector: t.expose('byDetector', { type: [DetectorCount], description: 'All of them by detector.' }),
    bySeverity: t.expose('bySeverity', {
      type: [SeverityCount],
      description: 'All of them by severity, lowest first.',
    }),
    atStake: t.field({
      type: [Money],
      description: 'The sum of their `impact`, currency by currency, in alphabetical order.',
      resolve: ({ atStake }) =>
        atStake.map(({ amount, currency }) => ({ amount: clamped(amount), currency })),
    }),
  }),
})

builder.queryField('anomalyCounts', (t) =>
  t.field({
    type: AnomalyCounts,
    nullable: true,
    authScopes: { viewer: true },
    description: 'How many anomalies there are, by what people look for, and how much money is at stake.',
    complexity: 2 * STATEMENT,
    args: { filter: t.arg({ type: AnomalyFilter, description: 'Which of them are counted.' }) },
    resolve: (_root, { filter }, context) => countAll(scopeOf(context), filter ?? {}),
  }),
)

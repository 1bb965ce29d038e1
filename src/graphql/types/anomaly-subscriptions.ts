import { feedHead } from '../../anomalies/pages.ts'
import { type DetectorName, SEVERITIES, type Severity as SeverityName } from '../../detection/detector.ts'
import type { ActivityKind as Kind } from '../../storage/activity.ts'
import type { AnomalyRow } from '../../storage/reading.ts'
import { builder } from '../builder.ts'
import { type Context, scopeOf } from '../context.ts'
import type { FeedRow } from '../live/activity-feed.ts'
import { Subscription } from '../live/subscription.ts'
import { feedCursor, feedPosition } from '../read/cursor.ts'
import { ActivityKind } from './activity.ts'
import { Anomaly } from './anomaly.ts'
import { AnomalyEdge } from './anomaly-queries.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { Severity } from './severity.ts'

interface FeedFilter {
  detectors?: readonly DetectorName[] | null | undefined
  severities?: readonly SeverityName[] | null | undefined
  customerId?: string | null | undefined
  livemode?: boolean | null | undefined
  account?: string | null | undefined
}

const AnomalyFeedFilter = builder.inputType('AnomalyFeedFilter', {
  description: 'Filters what is sent; a field that is left out does not filter.',
  fields: (t) => ({
    detectors: t.field({ type: [DetectorNameEnum], description: 'Raised by one of these.' }),
    severities: t.field({ type: [Severity], description: 'Of one of these at the time of sending.' }),
    customerId: t.string({ description: 'About this customer, `cus_…`.' }),
    livemode: t.boolean({ description: 'Only live mode, or only test mode.' }),
    account: t.string({ description: 'Of this Stripe account, `acct_…`.' }),
  }),
})

function matches(anomaly: AnomalyRow, filter: FeedFilter): boolean {
  const { detectors, severities, customerId, livemode, account } = filter
  return (
    (!detectors || detectors.some((name) => name === anomaly.detector)) &&
    (!severities || severities.some((name) => name === SEVERITIES[anomaly.severity])) &&
    (typeof customerId !== 'string' || customerId === anomaly.customerId) &&
    (typeof livemode !== 'boolean' || livemode === anomaly.livemode) &&
    (typeof account !== 'string' || account === anomaly.account)
  )
}

interface AnomalyFeedItem {
  cursor: string
  kind: Kind
  anomaly: AnomalyRow
}

/**
 * The feed's changes of anomalies, from the cursor on or from now.
 * @throws PublicError CURSOR_UNKNOWN before anything is sent
 */
async function follow(
  context: Context,
  args: { filter?: FeedFilter | null | undefined; after?: string | null | undefined },
  includes: (kind: Kind) => boolean,
): Promise<Subscription<FeedRow, AnomalyFeedItem>> {
  const scope = scopeOf(context)
  const { services } = context
  const { tenantId } = scope
  const head = await feedHead(scope)
  const position = typeof args.after === 'string' ? feedPosition(tenantId, args.after, head) : head
  const filter = args.filter ?? {}
  return Subscription.open(context, async () => ({
    feed: await services.activityFeed.join(scope),
    position,
    filter: JSON.stringify(filter),
    itemOf: ({ seq, kind, anomaly }) =>
      kind && anomaly && includes(kind) && matches(anomaly, filter)
        ? { cursor: feedCursor(tenantId, seq), kind, anomaly }
        : undefined,
  }))
}

const AnomalyChange = builder.objectRef<AnomalyFeedItem>('AnomalyChange').implement({
  description: 'A change of an anomaly.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Pass it as `after` to continue from here.' }),
    kind: t.expose('kind', { type: ActivityKind, description: 'What was done to it.' }),
    anomaly: t.expose('anomaly', { type: Anomaly, description: 'The anomaly in its newest state.' }),
  }),
})

builder.subscriptionFields((t) => ({
  anomalyDetected: t.field({
    type: AnomalyEdge,
    authScopes: { viewer: true },
    description:
      'Each newly raised anomaly, oldest first. With `after`, first everything recorded since that cursor, then live, without a gap or a repeat.',
    args: {
      filter: t.arg({ type: AnomalyFeedFilter, description: 'Which of them.' }),
      after: t.arg.string({
        description:
          'A `resumeCursor`, an edge of `anomalies` in order of RECORDED_AT, of this subscription, or the cursor of a change.',
      }),
    },
    subscribe: (_root, args, context) => follow(context, args, (kind) => kind === 'ANOMALY_RAISED'),
    resolve: ({ cursor, anomaly }) => ({ cursor, node: anomaly }),
  }),
  anomalyChanged: t.field({
    type: AnomalyChange,
    authScopes: { viewer: true },
    description:
      'Any change of an anomaly: more signs, severity, status, end. Several changes missed while away may arrive as one, with the newest state.',
    args: {
      filter: t.arg({ type: AnomalyFeedFilter, description: 'Of which anomalies.' }),
      after: t.arg.string({ description: 'The same cursors as `anomalyDetected` takes.' }),
    },
    subscribe: (_root, args, context) => follow(context, args, (kind) => kind !== 'ANOMALY_RAISED'),
    resolve: (change) => change,
  }),
  anomalyFeed: t.field({
    type: AnomalyChange,
    authScopes: { viewer: true },
    description:
      'What `anomalyDetected` and `anomalyChanged` send, in one stream and in order: each newly raised anomaly, of kind ANOMALY_RAISED, and any change.',
    args: {
      filter: t.arg({ type: AnomalyFeedFilter, description: 'Of which anomalies.' }),
      after: t.arg.string({ description: 'The same cursors as `anomalyDetected` takes.' }),
    },
    subscribe: (_root, args, context) => follow(context, args, () => true),
    resolve: (change) => change,
  }),
}))

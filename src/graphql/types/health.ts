import { z } from 'zod'
import { badInput } from '../../errors.ts'
import { REFUSAL_REASONS, type RefusalReason } from '../../storage/delivery-counts.ts'
import { resolveRange } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { type DeliveryPoint as PointShape, readDeliverySeries } from '../read/deliveries.ts'
import {
  type EndpointStatus,
  endpointStatus,
  type TenantHealth as HealthShape,
  readHealth,
  type TenantStatus,
} from '../read/health.ts'
import { MAX_POINTS } from '../read/spans.ts'
import { STATEMENT } from './connection.ts'
import { DateTimeRange } from './date-time-range.ts'
import { MetricsInterval, pointsOf } from './metrics-point.ts'
import { Tenant } from './tenant.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'

const WebhookEndpointStatus = builder.enumType('WebhookEndpointStatus', {
  description: 'How deliveries to an endpoint fare.',
  values: {
    HEALTHY: { description: 'They arrive and are accepted.' },
    QUIET: { description: 'None in the last hour, which may be usual.' },
    NEVER: { description: 'There was none yet.' },
    SILENT: { description: 'None for a day, though there were some before.' },
    FAILING: { description: 'Most of them are refused; `lastRefusal` says why.' },
  } satisfies Record<EndpointStatus, { description: string }>,
})

const WebhookRefusalReason = builder.enumType('WebhookRefusalReason', {
  description: 'Why a delivery was refused.',
  values: {
    BAD_SIGNATURE: {
      description:
        'Its signature fits none of the signing secrets: add the one that Stripe shows for this endpoint.',
    },
    MISSING_SIGNATURE: { description: 'It had none: see whether a proxy takes the header away.' },
    STALE_SIGNATURE: { description: 'Its signature was over five minutes old: check the clocks.' },
    THROTTLED: {
      description: 'The tenant was over its rate; Stripe delivers it again, and `rateLimit` can be raised.',
    },
  } satisfies Record<RefusalReason, { description: string }>,
})

const WebhookRefusal = builder.objectRef<{ at: Date; reason: RefusalReason }>('WebhookRefusal').implement({
  description: 'A delivery that was refused.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When, to about a minute.' }),
    reason: t.expose('reason', { type: WebhookRefusalReason, description: 'Why.' }),
  }),
})

const DeliveryPoint = builder.objectRef<PointShape>('DeliveryPoint').implement({
  description: 'Deliveries of one span of time by outcome.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Start of the span.' }),
    accepted: t.exposeInt('accepted', { description: 'Stored.' }),
    duplicates: t.exposeInt('duplicates', { description: 'Known already.' }),
    badSignature: t.exposeInt('badSignature', { description: 'Refused for their signature.' }),
    throttled: t.exposeInt('throttled', { description: 'Refused for the rate.' }),
  }),
})

const given = z.object({
  from: z.date('from must be given'),
})

builder.objectFields(WebhookEndpoint, (t) => ({
  deliverySeries: t.field({
    type: [DeliveryPoint],
    description: `Its deliveries for charts, zero-filled, at most ${MAX_POINTS} points; days and weeks are those of the tenant's zone.`,
    complexity: ({ range, interval }) => ({ field: 2 * STATEMENT, multiplier: pointsOf(range, interval) }),
    args: {
      range: t.arg({
        type: DateTimeRange,
        required: true,
        description: 'Wall clock. `from` must be given; `to` is now when left out.',
      }),
      interval: t.arg({
        type: MetricsInterval,
        required: true,
        defaultValue: 'HOUR',
        description: 'How long a span one point sums up.',
      }),
    },
    resolve: async ({ tenantId, id }, { range, interval }, context) => {
      const scope = context.scopeOfTenant(tenantId)
      const { from, to = context.services.clock.now() } = await resolveRange(scope, range)
      if (!given.safeParse({ from }).success || !from)
        throw badInput(['range', 'from'], 'range.from must be given.', 'REQUIRED')
      return readDeliverySeries(scope, id, { from, to, interval })
    },
  }),
  lastRefusal: t.field({
    type: WebhookRefusal,
    nullable: true,
    description: 'The newest delivery that was refused, and why; null where none was.',
    resolve: ({ lastRefusedAt, lastRefusal }) => {
      const reason = REFUSAL_REASONS.find((known) => known === lastRefusal)
      return lastRefusedAt && reason ? { at: lastRefusedAt, reason } : null
    },
  }),
  status: t.field({
    type: WebhookEndpointStatus,
    description: 'How its deliveries fare.',
    complexity: STATEMENT,
    resolve: (endpoint, _args, context) =>
      endpointStatus(context.scopeOfTenant(endpoint.tenantId), endpoint, context.services.clock.now()),
  }),
}))

const TenantHealthStatus = builder.enumType('TenantHealthStatus', {
  description: "Whether a tenant's events arrive and are judged.",
  values: {
    HEALTHY: { description: 'They arrive and are judged.' },
    QUIET: { description: 'None in the last hour, which may be usual.' },
    NEVER: { description: 'There was none yet.' },
    DEGRADED: { description: 'Some do not arrive, or are judged late.' },
    FAILING: { description: 'None arrive, none are judged, or it is suspended.' },
  } satisfies Record<TenantStatus, { description: string }>,
})

const TenantHealth = builder.objectRef<HealthShape>('TenantHealth').implement({
  description: "Whether a tenant's events arrive and are judged, at this moment.",
  fields: (t) => ({
    status: t.expose('status', { type: TenantHealthStatus, description: 'All in one word.' }),
    reasons: t.exposeStringList('reasons', {
      description: 'What is wrong, a sentence each; empty where nothing is.',
    }),
    waitingEvents: t.exposeInt('waitingEvents', {
      description: 'Events that are stored and wait to be judged.',
    }),
    oldestWaitingSeconds: t.exposeInt('oldestWaitingSeconds', {
      nullable: true,
      description: 'How long the first of them has waited; null when none does.',
    }),
    lastEventAt: t.expose('lastEventAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the newest event arrived; null before the first.',
    }),
  }),
})

builder.objectField(Tenant, 'health', (t) =>
  t.field({
    type: TenantHealth,
    description: 'Whether its events arrive and are judged.',
    complexity: 5 * STATEMENT,
    resolve: (tenant, _args, context) =>
      readHealth(context.scopeOfTenant(tenant.id), tenant, context.services.clock.now()),
  }),
)

import { z } from 'zod'
import { PublicError } from '../../errors.ts'
import { clamped } from '../../stripe/money.ts'
import { currency, parseInput } from '../../tenancy/input.ts'
import { resolveRange } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { scopeOf } from '../context.ts'
import type { Interval } from '../read/intervals.ts'
import { MAX_POINTS, readMetrics, type MetricsPoint as Shape } from '../read/metrics.ts'
import { DateTimeRange } from './date-time-range.ts'
import { Money } from './money.ts'

const MetricsInterval = builder.enumType('MetricsInterval', {
  description: 'How long a span one point sums up.',
  values: {
    HOUR: { description: 'An hour of UTC.' },
    DAY: { description: "A day of the tenant's zone." },
    WEEK: { description: "A week of the tenant's zone, from Monday." },
  } satisfies Record<Interval, { description: string }>,
})

const sums = (amounts: Map<string, bigint>) =>
  [...amounts]
    .map(([currency, amount]) => ({ currency, amount: clamped(amount) }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))

const MetricsPoint = builder.objectRef<Shape>('MetricsPoint').implement({
  description: 'Figures of one span. Distinct objects, each counted once, however many events tell of it.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Start of the span.' }),
    events: t.exposeInt('events', {
      description: 'Stored webhook events by their `created`; of every currency.',
    }),
    chargesSucceeded: t.exposeInt('chargesSucceeded', {
      description: 'Charges that went through; an authorisation counts when it succeeds.',
    }),
    chargesFailed: t.exposeInt('chargesFailed', { description: 'Charges that failed.' }),
    failureRate: t.float({
      nullable: true,
      description: 'Failed charges as a share of all, 0 to 1; null without any.',
      resolve: ({ chargesFailed, chargesSucceeded }) =>
        chargesFailed + chargesSucceeded === 0 ? null : chargesFailed / (chargesFailed + chargesSucceeded),
    }),
    revenue: t.field({
      type: [Money],
      description: 'Money captured through Stripe, by currency; currencies without any are left out.',
      complexity: { field: 1, multiplier: 1 },
      resolve: ({ revenue }) => sums(revenue),
    }),
    refunds: t.field({
      type: [Money],
      description: 'What was given back, by currency; failed refunds are taken out again.',
      complexity: { field: 1, multiplier: 1 },
      resolve: ({ refunds }) => sums(refunds),
    }),
    disputes: t.exposeInt('disputes', { description: 'Distinct disputes opened, without inquiries.' }),
    anomalies: t.exposeInt('anomalies', { description: 'Anomalies by `detectedAt`; of every currency.' }),
  }),
})

const wanted = z.object({ currency: currency.nullish() })

builder.queryField('metrics', (t) =>
  t.field({
    type: [MetricsPoint],
    nullable: true,
    authScopes: { viewer: true },
    description: `Figures for charts, zero-filled, at most ${MAX_POINTS} points; days and weeks are those of the tenant's zone.`,
    complexity: { field: 20, multiplier: 10 },
    args: {
      range: t.arg({
        type: DateTimeRange,
        required: true,
        description:
          'Event time. `from` must be given; `to` is now when left out. Spans that it touches are shown whole.',
      }),
      interval: t.arg({
        type: MetricsInterval,
        required: true,
        defaultValue: 'HOUR',
        description: 'How long a span one point sums up.',
      }),
      currency: t.arg.string({
        description: 'Only charges, disputes and money in this currency, ISO 4217 in any case.',
      }),
      livemode: t.arg.boolean({
        description: 'Live or test mode, never both. Left out: live once there was a live event, else test.',
      }),
      account: t.arg.string({ description: 'Only this Stripe account, `acct_…`.' }),
    },
    resolve: async (_root, { range, interval, livemode, account, ...given }, context) => {
      const scope = scopeOf(context)
      const { from, to } = await resolveRange(scope, range)
      if (!from) {
        const message = 'range.from must be given.'
        const issues = [{ path: ['range', 'from'], code: 'REQUIRED', message }]
        throw new PublicError('BAD_USER_INPUT', message, { issues })
      }
      return readMetrics(scope, {
        from,
        to: to ?? context.services.clock.now(),
        interval,
        currency: parseInput(wanted, given).currency ?? undefined,
        livemode: livemode ?? undefined,
        account: account ?? undefined,
      })
    },
  }),
)

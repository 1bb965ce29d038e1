import { z } from 'zod'
import { LocalDay } from '../../calendar/local-day.ts'
import { badInput } from '../../errors.ts'
import { clamped } from '../../stripe/money.ts'
import { currency, parseInput } from '../../tenancy/input.ts'
import { resolveRange } from '../../tenancy/local-time.ts'
import { DAY, HOUR, WEEK } from '../../time.ts'
import { builder } from '../builder.ts'
import { scopeOf, turnOf } from '../context.ts'
import { inPieces } from '../operations/pieces.ts'
import type { Interval } from '../read/intervals.ts'
import { readMetrics, type MetricsPoint as Shape } from '../read/metrics.ts'
import { MAX_POINTS } from '../read/spans.ts'
import { STATEMENT } from './connection.ts'
import { DateTimeRange } from './date-time-range.ts'
import { Money } from './money.ts'

export const MetricsInterval = builder.enumType('MetricsInterval', {
  description: 'How long a span one point sums up.',
  values: {
    HOUR: {
      description:
        'An hour of its zone, which begins at the half or the quarter of one of UTC where the zone does.',
    },
    DAY: { description: "A day of the tenant's zone." },
    WEEK: { description: "A week of the tenant's zone, from Monday." },
  } satisfies Record<Interval, { description: string }>,
})

const sums = (amounts: Map<string, bigint>) =>
  [...amounts]
    .map(([currency, amount]) => ({ currency, amount: clamped(amount) }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))

const MetricsPoint = builder.objectRef<Shape>('MetricsPoint').implement({
  description:
    'Figures of one span of time. Counts distinct objects: one that several events report counts once.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Start of the span.' }),
    events: t.exposeInt('events', {
      description: 'Stored webhook events that were judged, by their `created`; of every currency.',
    }),
    chargesSucceeded: t.exposeInt('chargesSucceeded', {
      description: 'Successful charges; an authorisation counts when it succeeds.',
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
      description: 'Money refunded, by currency; failed refunds are subtracted again.',
      complexity: { field: 1, multiplier: 1 },
      resolve: ({ refunds }) => sums(refunds),
    }),
    disputes: t.exposeInt('disputes', { description: 'Distinct disputes opened, without inquiries.' }),
    anomalies: t.exposeInt('anomalies', { description: 'Anomalies by `detectedAt`; of every currency.' }),
  }),
})

const POINTS_OF_PIECE = 50
const LENGTH = { HOUR, DAY, WEEK } satisfies Record<Interval, number>

/** How many points the range has at most; with an end left out or invalid, the maximum. */
export function pointsOf(range: { from?: unknown; to?: unknown }, interval: Interval): number {
  const [from, to] = [secondsOf(range.from), secondsOf(range.to)]
  const points = Math.ceil((to - from) / LENGTH[interval]) + 1
  return points >= 1 && points < MAX_POINTS ? points : MAX_POINTS
}

/** A literal is parsed already, a variable is not. */
const secondsOf = (given: unknown): number =>
  given instanceof LocalDay
    ? given.day * DAY
    : (given instanceof Date ? given : new Date(String(given))).getTime() / 1_000

const wanted = z.object({ currency: currency.nullish() })

builder.queryField('metrics', (t) =>
  t.field({
    type: [MetricsPoint],
    nullable: true,
    authScopes: { viewer: true },
    description: `Figures for charts, zero-filled, at most ${MAX_POINTS} points; days and weeks are those of the tenant's zone.`,
    complexity: ({ range, interval }) => ({ field: 4 * STATEMENT, multiplier: pointsOf(range, interval) }),
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
      if (!from) throw badInput(['range', 'from'], 'range.from must be given.', 'REQUIRED')
      const points = await readMetrics(scope, {
        from,
        to: to ?? context.services.clock.now(),
        interval,
        currency: parseInput(wanted, given).currency ?? undefined,
        livemode: livemode ?? undefined,
        account: account ?? undefined,
      })
      return inPieces(points, turnOf(context), POINTS_OF_PIECE)
    },
  }),
)

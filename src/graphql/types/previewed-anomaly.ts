import type { RaisedIncident } from '../../detection/engine/forgetful.ts'
import { seriesUnitOf } from '../../detection/registry.ts'
import { recordedLike } from '../../storage/rebuild/standing.ts'
import { toDate } from '../../time.ts'
import { builder } from '../builder.ts'
import { loadersOf, scopeOf } from '../context.ts'
import { anomalyColumns } from '../read/look-ahead.ts'
import { MAX_PAGE, sizeOf } from '../read/paging.ts'
import { Actor } from './actor.ts'
import { Anomaly, AnomalyOrigin, AnomalyStatus } from './anomaly.ts'
import { STATEMENT } from './connection.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { Measurement } from './measurement.ts'
import { Money } from './money.ts'
import { SeriesPoint } from './series-point.ts'
import { Severity } from './severity.ts'
import { Subject } from './subject.ts'
import { Unit } from './unit.ts'

export interface PreviewedIncident extends RaisedIncident {
  /** When it was previewed. */
  wall: Date
}

/** What only people do, and to what is recorded. */
const untouched = 'Null: nobody has done anything with it.'

export const PreviewedAnomaly = builder.objectRef<PreviewedIncident>('PreviewedAnomaly').implement({
  description:
    'An anomaly as it would be recorded, under the names of `Anomaly`; nothing of it is stored. What belongs to the recorded one (events, activity, alerts, what is related) stands in `anomaly`.',
  fields: (t) => ({
    anomaly: t.field({
      type: Anomaly,
      nullable: true,
      description: 'The recorded anomaly of the same incident, where there is one.',
      complexity: 2 * STATEMENT,
      resolve: async ({ incident, stream }, _args, context, info) => {
        const { sql, tenantId } = scopeOf(context)
        const id = await recordedLike(sql, tenantId, { incident, stream: stream.id })
        return id === undefined ? null : loadersOf(context).anomaly(anomalyColumns(info)).load(id)
      },
    }),
    detector: t.field({
      type: DetectorNameEnum,
      description: 'Which detector would raise it.',
      resolve: ({ incident }) => incident.detector,
    }),
    severity: t.field({
      type: Severity,
      description: 'How soon somebody should look, as it stands at the end.',
      resolve: ({ incident }) => incident.severity,
    }),
    status: t.field({
      type: AnomalyStatus,
      description: 'OPEN, or RESOLVED where it ended by itself.',
      resolve: ({ incident }) => incident.status,
    }),
    origin: t.field({
      type: AnomalyOrigin,
      description: 'HISTORY.',
      resolve: ({ incident }) => incident.origin,
    }),
    livemode: t.boolean({
      description: "Stripe's live mode, as against test mode.",
      resolve: ({ stream }) => stream.livemode,
    }),
    account: t.string({
      nullable: true,
      description: 'The Stripe account (`acct_…`), where known.',
      resolve: ({ stream }) => stream.account,
    }),
    confidence: t.float({
      description:
        '0 to 1: one minus the probability of this under the baseline; 1 for what is a fact in itself.',
      resolve: ({ incident }) => incident.confidence,
    }),
    title: t.string({ description: 'A few words.', resolve: ({ incident }) => incident.title }),
    message: t.string({
      description: 'Plain words: what happened, against what was expected.',
      resolve: ({ incident }) => incident.message,
    }),
    advice: t.string({ description: 'What to do next.', resolve: ({ incident }) => incident.advice }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'Event time: when the behaviour began.',
      resolve: ({ incident }) => toDate(incident.startedAt),
    }),
    detectedAt: t.field({
      type: 'DateTime',
      description: 'Event time: the event, or timer, that tripped the detector.',
      resolve: ({ incident }) => toDate(incident.detectedAt),
    }),
    lastSeenAt: t.field({
      type: 'DateTime',
      description: 'Event time: the newest sign of it.',
      resolve: ({ incident }) => toDate(incident.lastSeenAt),
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Event time: when it ended; null while it continues, or for a kind without an end.',
      resolve: ({ incident }) => (incident.endedAt === null ? null : toDate(incident.endedAt)),
    }),
    createdAt: t.expose('wall', { type: 'DateTime', description: 'Wall clock: when it was previewed.' }),
    updatedAt: t.expose('wall', { type: 'DateTime', description: 'Wall clock: when it was previewed.' }),
    occurrences: t.int({
      description: 'Signs grouped into this one incident.',
      resolve: ({ incident }) => incident.occurrences,
    }),
    customerId: t.string({
      nullable: true,
      description: 'The Stripe customer (`cus_…`), where it concerns one.',
      resolve: ({ incident }) => incident.customer,
    }),
    impact: t.field({
      type: Money,
      nullable: true,
      description: 'Money at risk, where it is known.',
      resolve: ({ incident }) => incident.impact,
    }),
    subjects: t.field({
      type: [Subject],
      description: 'The Stripe objects involved; at most 200 are kept.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          description: `How many of them: 0 to ${MAX_PAGE}.`,
        }),
      },
      complexity: ({ first }) => ({ field: 1, multiplier: Math.min(MAX_PAGE, Math.max(0, first)) }),
      resolve: ({ incident, stream: { account, livemode } }, { first }) =>
        incident.subjects
          .slice(0, sizeOf('first', first))
          .map((subject) => ({ ...subject, account, livemode })),
    }),
    evidence: t.field({
      type: [Measurement],
      description: 'What was observed against what is usual.',
      complexity: { field: 1, multiplier: 4 },
      resolve: ({ incident }) => incident.evidence,
    }),
    series: t.field({
      type: [SeriesPoint],
      description: 'What was observed against the expected band around the incident; at most 200 points.',
      complexity: { field: 1, multiplier: 200 },
      resolve: ({ incident }) => incident.series,
    }),
    seriesUnit: t.field({
      type: Unit,
      nullable: true,
      description: 'What the numbers of `series` are in; null where there is no series.',
      resolve: ({ incident: { detector, series } }, _args, { services }) =>
        seriesUnitOf(detector, series, services.detectors),
    }),
    seriesCurrency: t.string({
      nullable: true,
      description: 'With unit MONEY: ISO 4217 in upper case; null for every series that there is so far.',
      resolve: () => null,
    }),
    resolvedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Wall clock: when it was previewed, where it ended by itself.',
      resolve: ({ incident }) => incident.resolvedAt,
    }),
    resolvedBy: t.field({
      type: Actor,
      nullable: true,
      description: 'The system, where it ended by itself.',
      resolve: ({ incident }) => incident.resolvedBy,
    }),
    acknowledgedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: untouched,
      resolve: () => null,
    }),
    acknowledgedBy: t.field({ type: Actor, nullable: true, description: untouched, resolve: () => null }),
    falsePositiveReason: t.string({ nullable: true, description: untouched, resolve: () => null }),
    note: t.string({ nullable: true, description: untouched, resolve: () => null }),
    snoozedUntil: t.field({ type: 'DateTime', nullable: true, description: untouched, resolve: () => null }),
    snoozedUntilItGrows: t.boolean({
      description: 'False: nobody has done anything with it.',
      resolve: () => false,
    }),
  }),
})

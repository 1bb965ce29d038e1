import { SEVERITIES } from '../../detection/detector.ts'
import {
  type AnomalyOrigin as Origin,
  STATUSES,
  type AnomalyStatus as Status,
} from '../../detection/engine/incident.ts'
import { seriesUnitOf } from '../../detection/registry.ts'
import { readActor, readEvidence, readSeries } from '../../storage/anomaly-columns.ts'
import { toDetectorName } from '../../storage/detection/parsing.ts'
import type { AnomalyRow } from '../../storage/reading.ts'
import { builder } from '../builder.ts'
import { scopeOf, turnOf } from '../context.ts'
import { inPieces } from '../operations/pieces.ts'
import { readRelated } from '../read/anomalies.ts'
import { shownEventSource } from '../read/events.ts'
import { anomalyColumns, eventColumns, reads } from '../read/look-ahead.ts'
import { MAX_PAGE, readPage, sizeOf } from '../read/paging.ts'
import { Actor } from './actor.ts'
import { pageArgs, pageCost, STATEMENT } from './connection.ts'
import { DetectorNameEnum } from './detector-name.ts'
import { Measurement } from './measurement.ts'
import { Money, moneyOf } from './money.ts'
import { Node } from './node.ts'
import { SeriesPoint } from './series-point.ts'
import { Severity } from './severity.ts'
import { StripeEventConnection } from './stripe-event.ts'
import { Subject, subjectsOf } from './subject.ts'
import { Unit } from './unit.ts'

/** Points of a series that are kept. */
const MAX_POINTS = 200
const POINTS_OF_PIECE = 50

export const AnomalyStatus = builder.enumType('AnomalyStatus', {
  description:
    'Where an anomaly is in its life: OPEN → ACKNOWLEDGED → RESOLVED, from anywhere to FALSE_POSITIVE or back to OPEN.',
  values: {
    OPEN: { description: 'Nobody has acknowledged it yet.' },
    ACKNOWLEDGED: { description: 'Somebody is working on it.' },
    RESOLVED: { description: 'It is dealt with; a new sign reopens it.' },
    FALSE_POSITIVE: { description: 'It was a false alarm; new signs are only counted.' },
  } satisfies Record<Status, { description: string }>,
})

export const AnomalyOrigin = builder.enumType('AnomalyOrigin', {
  description: 'Whether it was detected as it happened.',
  values: {
    LIVE: { description: 'Raised by events as they arrived.' },
    HISTORY: {
      description: 'Raised by replayed history: in every list and feed, never alerted unless asked.',
    },
  } satisfies Record<Origin, { description: string }>,
})

export const Anomaly = builder.objectRef<AnomalyRow>('Anomaly')

Anomaly.implement({
  description:
    'One incident: everything that belongs to one ongoing problem, from its first sign to its end.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Starts with `anm_`.' }),
    detector: t.field({
      type: DetectorNameEnum,
      description: 'Which detector raised it.',
      ...reads<AnomalyRow>('detector'),
      resolve: ({ detector }) => {
        const name = toDetectorName(detector)
        if (!name) throw new Error(`unknown detector: ${detector}`)
        return name
      },
    }),
    severity: t.field({
      type: Severity,
      description: 'How soon somebody should look. It can rise while the incident continues.',
      ...reads<AnomalyRow>('severity'),
      resolve: ({ severity }) => SEVERITIES[severity] ?? 'LOW',
    }),
    status: t.field({
      type: AnomalyStatus,
      description: 'What people have decided about it; BillingWatch resolves what ended by itself.',
      ...reads<AnomalyRow>('status'),
      resolve: ({ status }) => STATUSES.find((known) => known === status) ?? 'OPEN',
    }),
    origin: t.field({
      type: AnomalyOrigin,
      description: 'Whether it was detected as it happened, or in replayed history.',
      ...reads<AnomalyRow>('origin'),
      resolve: ({ origin }) => (origin === 'HISTORY' ? 'HISTORY' : 'LIVE'),
    }),
    livemode: t.exposeBoolean('livemode', { description: "Stripe's live mode, as against test mode." }),
    account: t.exposeString('account', {
      nullable: true,
      description: 'The Stripe account (`acct_…`), where known.',
    }),
    confidence: t.exposeFloat('confidence', {
      description:
        '0 to 1: one minus the probability of this under the baseline; 1 for what is a fact in itself.',
    }),
    title: t.exposeString('title', { description: 'A few words.' }),
    message: t.exposeString('message', {
      description: 'Plain words: what happened, against what was expected.',
    }),
    advice: t.exposeString('advice', { description: 'What to do next.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'Event time: when the behaviour began.',
    }),
    detectedAt: t.expose('detectedAt', {
      type: 'DateTime',
      description: 'Event time: the event, or timer, that tripped the detector.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'Event time: the newest sign of it.',
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Event time: when it ended; null while it continues, or for a kind without an end.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Wall clock: when it was recorded.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'Wall clock: its newest change.' }),
    occurrences: t.exposeInt('occurrences', { description: 'Signs grouped into this one incident.' }),
    customerId: t.exposeString('customerId', {
      nullable: true,
      description: 'The Stripe customer (`cus_…`), where it concerns one.',
    }),
    impact: t.field({
      type: Money,
      nullable: true,
      description: 'Money at risk, where it is known.',
      ...reads<AnomalyRow>('impactAmount', 'impactCurrency'),
      resolve: ({ impactAmount, impactCurrency }) => moneyOf(impactAmount, impactCurrency),
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
      ...reads<AnomalyRow>('subjects', 'account', 'livemode'),
      resolve: (anomaly, { first }) => subjectsOf(anomaly).slice(0, sizeOf('first', first)),
    }),
    evidence: t.field({
      type: [Measurement],
      description: 'What was observed against what is usual.',
      complexity: { field: 1, multiplier: 4 },
      ...reads<AnomalyRow>('evidence'),
      resolve: ({ evidence }) => readEvidence(evidence),
    }),
    series: t.field({
      type: [SeriesPoint],
      description:
        'What was observed against the expected band around the incident, kept as it was at detection; at most 200 points.',
      complexity: { field: 1, multiplier: MAX_POINTS },
      ...reads<AnomalyRow>('series'),
      resolve: ({ series }, _args, context) => inPieces(readSeries(series), turnOf(context), POINTS_OF_PIECE),
    }),
    seriesUnit: t.field({
      type: Unit,
      nullable: true,
      description: 'What the numbers of `series` are in; null where there is no series.',
      ...reads<AnomalyRow>('series', 'detector'),
      resolve: ({ series, detector }, _args, { services }) =>
        seriesUnitOf(detector, readSeries(series), services.detectors),
    }),
    seriesCurrency: t.string({
      nullable: true,
      description: 'With unit MONEY: ISO 4217 in upper case; null for every series that there is so far.',
      ...reads<AnomalyRow>(),
      resolve: () => null,
    }),
    events: t.field({
      type: StripeEventConnection,
      nullable: true,
      description: 'The events that are its signs, oldest first; at most 1,000 are kept.',
      args: pageArgs(t),
      // All that are kept are looked up before the first are known.
      complexity: (args) => ({ ...pageCost(args), field: 3 * STATEMENT }),
      ...reads<AnomalyRow>('id'),
      resolve: ({ id }, page, context, info) =>
        readPage(page, shownEventSource(scopeOf(context), id, eventColumns(info))),
    }),
    acknowledgedAt: t.expose('acknowledgedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Wall clock: when it was acknowledged.',
    }),
    acknowledgedBy: t.field({
      type: Actor,
      nullable: true,
      description: 'Who acknowledged it.',
      ...reads<AnomalyRow>('acknowledgedBy'),
      resolve: ({ acknowledgedBy }) => readActor(acknowledgedBy),
    }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Wall clock: when it was resolved or marked as a false positive.',
    }),
    resolvedBy: t.field({
      type: Actor,
      nullable: true,
      description: 'Who resolved it or marked it as a false positive.',
      ...reads<AnomalyRow>('resolvedBy'),
      resolve: ({ resolvedBy }) => readActor(resolvedBy),
    }),
    falsePositiveReason: t.exposeString('falsePositiveReason', {
      nullable: true,
      description: 'Why it was a false alarm, in the words of the person who marked it.',
    }),
    related: t.field({
      type: [Anomaly],
      description:
        'Anomalies of the same cause: what explains this one, and what it explains. The oldest first.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 10,
          description: `How many of them: 0 to ${MAX_PAGE}.`,
        }),
      },
      complexity: ({ first }) => ({
        field: STATEMENT,
        multiplier: Math.min(MAX_PAGE, Math.max(0, first)),
      }),
      ...reads<AnomalyRow>('id'),
      resolve: ({ id }, { first }, context, info) =>
        readRelated(scopeOf(context), id, sizeOf('first', first), anomalyColumns(info)),
    }),
    snoozedUntil: t.expose('snoozedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when nobody is alerted of it; null where it is not put off until a time.',
    }),
    snoozedUntilItGrows: t.boolean({
      description: 'Whether nobody is alerted of it until its severity rises, or its signs or money double.',
      ...reads<AnomalyRow>('snoozedSize'),
      resolve: ({ snoozedSize }) => snoozedSize !== null,
    }),
    note: t.exposeString('note', { nullable: true, description: 'The newest note of a person.' }),
  }),
})

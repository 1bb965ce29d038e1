import type { Done } from '../../anomalies/act.ts'
import { commentOn } from '../../anomalies/comment.ts'
import { type StepName, takeStep } from '../../anomalies/lifecycle.ts'
import { snoozeAnomaly, unsnoozeAnomaly } from '../../anomalies/snooze.ts'
import { undoAct } from '../../anomalies/undo.ts'
import type { Activity as ActivityRow } from '../../generated/sqlite/client.ts'
import type { AnomalyRow } from '../../storage/reading.ts'
import type { Scope } from '../../storage/scope/scope.ts'
import { resolveMoment } from '../../tenancy/local-time.ts'
import { builder } from '../builder.ts'
import { actingOf, type Context, publishAct, scopeOf } from '../context.ts'
import { Activity } from './activity.ts'
import { Anomaly } from './anomaly.ts'

interface Payload {
  anomaly: AnomalyRow
  activity: ActivityRow | null
}

type Acting = ReturnType<typeof actingOf>

/** An act of a person on an anomaly, made known after its commit. */
async function act(
  context: Context,
  work: (scope: Scope, acting: Acting) => Promise<Done>,
): Promise<Payload> {
  const scope = scopeOf(context)
  const done = await work(scope, actingOf(context))
  publishAct(context, scope.tenantId)
  return done
}

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<Payload>(`${name}Payload`).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      anomaly: t.expose('anomaly', { type: Anomaly, description: 'The anomaly after the mutation.' }),
      activity: t.expose('activity', {
        type: Activity,
        nullable: true,
        description: 'The act, for `undoAct`; null where nothing was left to do.',
      }),
    }),
  })

const nameOf = (mutation: string): string => mutation.charAt(0).toUpperCase() + mutation.slice(1)

const anomalyId = { required: true, description: 'The anomaly, `anm_…`.' } as const

/** One mutation with its input and payload, all three named after it. */
function withNote(mutation: string, name: StepName, description: string): void {
  const Name = nameOf(mutation)
  const Input = builder.inputType(`${Name}Input`, {
    description: `Input of ${mutation}.`,
    fields: (t) => ({
      id: t.id(anomalyId),
      note: t.string({ description: 'A note, at most 2,000 characters.' }),
    }),
  })
  builder.mutationField(mutation, (t) =>
    t.field({
      type: payloadOf(Name, mutation),
      nullable: true,
      authScopes: { member: true },
      description,
      args: { input: t.arg({ type: Input, required: true, description: 'Which one, and why.' }) },
      resolve: (_root, { input }, context) =>
        act(context, (scope, acting) => takeStep(scope, acting, name, String(input.id), input.note)),
    }),
  )
}

withNote('acknowledgeAnomaly', 'acknowledge', 'Records that somebody is working on it. MEMBER.')
withNote('resolveAnomaly', 'resolve', 'Records that it is dealt with, which ends a snooze. MEMBER.')
withNote('reopenAnomaly', 'reopen', 'Opens it again, whatever its status. MEMBER.')

const MarkAnomalyFalsePositiveInput = builder.inputType('MarkAnomalyFalsePositiveInput', {
  description: 'Input of markAnomalyFalsePositive.',
  fields: (t) => ({
    id: t.id(anomalyId),
    reason: t.string({ description: 'Why it was a false alarm, at most 2,000 characters.' }),
  }),
})

const CommentOnAnomalyInput = builder.inputType('CommentOnAnomalyInput', {
  description: 'Input of commentOnAnomaly.',
  fields: (t) => ({
    id: t.id(anomalyId),
    text: t.string({ required: true, description: '1 to 2,000 characters.' }),
  }),
})

const SnoozeAnomalyInput = builder.inputType('SnoozeAnomalyInput', {
  description: 'Input of snoozeAnomaly: exactly one of `until` and `untilItGrows`.',
  fields: (t) => ({
    id: t.id(anomalyId),
    until: t.field({ type: 'DateTime', description: 'A time in the future.' }),
    untilItGrows: t.boolean({
      description: 'True: until its severity rises, or its signs or its money are twice what they are now.',
    }),
  }),
})

const UnsnoozeAnomalyInput = builder.inputType('UnsnoozeAnomalyInput', {
  description: 'Input of unsnoozeAnomaly.',
  fields: (t) => ({ id: t.id(anomalyId) }),
})

const UndoActInput = builder.inputType('UndoActInput', {
  description: 'Input of undoAct.',
  fields: (t) => ({ activityId: t.id({ required: true, description: 'The act, `act_…`.' }) }),
})

builder.mutationFields((t) => ({
  markAnomalyFalsePositive: t.field({
    type: payloadOf('MarkAnomalyFalsePositive', 'markAnomalyFalsePositive'),
    nullable: true,
    authScopes: { member: true },
    description: "Says that it was a false alarm; counted in the detector's stats. MEMBER.",
    args: {
      input: t.arg({
        type: MarkAnomalyFalsePositiveInput,
        required: true,
        description: 'Which one, and why.',
      }),
    },
    resolve: (_root, { input }, context) =>
      act(context, (scope, acting) =>
        takeStep(scope, acting, 'markFalsePositive', String(input.id), input.reason),
      ),
  }),
  commentOnAnomaly: t.field({
    type: payloadOf('CommentOnAnomaly', 'commentOnAnomaly'),
    nullable: true,
    authScopes: { member: true },
    description: 'Adds words to its history; sent twice, they are there twice. MEMBER.',
    args: { input: t.arg({ type: CommentOnAnomalyInput, required: true, description: 'The words.' }) },
    resolve: (_root, { input }, context) =>
      act(context, (scope, acting) => commentOn(scope, acting, String(input.id), input.text)),
  }),
  snoozeAnomaly: t.field({
    type: payloadOf('SnoozeAnomaly', 'snoozeAnomaly'),
    nullable: true,
    authScopes: { member: true },
    description:
      'Puts it off: it stays in every list and feed, and nobody is alerted of it. CONFLICT where it was dealt with. MEMBER.',
    args: {
      input: t.arg({ type: SnoozeAnomalyInput, required: true, description: 'Which one, and until when.' }),
    },
    resolve: (_root, { input: { id, until, untilItGrows } }, context) =>
      act(context, async (scope, acting) =>
        snoozeAnomaly(scope, acting, String(id), {
          until: until && (await resolveMoment(scope, until)),
          untilItGrows,
        }),
      ),
  }),
  unsnoozeAnomaly: t.field({
    type: payloadOf('UnsnoozeAnomaly', 'unsnoozeAnomaly'),
    nullable: true,
    authScopes: { member: true },
    description: 'Ends a snooze. MEMBER.',
    args: { input: t.arg({ type: UnsnoozeAnomalyInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, context) =>
      act(context, (scope, acting) => unsnoozeAnomaly(scope, acting, String(input.id))),
  }),
  undoAct: t.field({
    type: payloadOf('UndoAct', 'undoAct'),
    nullable: true,
    authScopes: { member: true },
    description:
      "Undoes a person's act on an anomaly, whosever it was, while it is the newest one of a person there; else CONFLICT. MEMBER.",
    args: { input: t.arg({ type: UndoActInput, required: true, description: 'Which act.' }) },
    resolve: (_root, { input }, context) =>
      act(context, (scope, acting) => undoAct(scope, acting, String(input.activityId))),
  }),
}))

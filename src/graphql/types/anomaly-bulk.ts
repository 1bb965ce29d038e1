import { type BulkDone, MAX_BULK, updateAnomalies } from '../../anomalies/bulk.ts'
import type { StepName } from '../../anomalies/lifecycle.ts'
import { builder } from '../builder.ts'
import { actingOf, publishAct, scopeOf } from '../context.ts'
import { Activity } from './activity.ts'
import { Anomaly } from './anomaly.ts'
import { STATEMENT } from './connection.ts'

const STEPS = {
  ACKNOWLEDGE: 'acknowledge',
  RESOLVE: 'resolve',
  REOPEN: 'reopen',
  MARK_FALSE_POSITIVE: 'markFalsePositive',
} as const satisfies Record<string, StepName>

const AnomalyAct = builder.enumType('AnomalyAct', {
  description: 'What can be done with several anomalies at once.',
  values: {
    ACKNOWLEDGE: { description: 'As acknowledgeAnomaly.' },
    RESOLVE: { description: 'As resolveAnomaly.' },
    REOPEN: { description: 'As reopenAnomaly.' },
    MARK_FALSE_POSITIVE: { description: 'As markAnomalyFalsePositive; the note is the reason.' },
  } satisfies Record<keyof typeof STEPS, { description: string }>,
})

const AnomalyProblem = builder.objectRef<BulkDone['problems'][number]>('AnomalyProblem').implement({
  description: 'Why something could not be done with one of several anomalies.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id that was given.' }),
    code: t.exposeString('code', {
      description: 'As in `extensions.code` of an error: NOT_FOUND, CONFLICT.',
    }),
    message: t.exposeString('message', { description: 'For people.' }),
  }),
})

const UpdateAnomaliesInput = builder.inputType('UpdateAnomaliesInput', {
  description: 'Input of updateAnomalies.',
  fields: (t) => ({
    ids: t.idList({ required: true, description: `The anomalies, at most ${MAX_BULK}.` }),
    act: t.field({ type: AnomalyAct, required: true, description: 'What to do with each.' }),
    note: t.string({ description: 'A note at each of them, at most 2,000 characters.' }),
  }),
})

const UpdateAnomaliesPayload = builder.objectRef<BulkDone>('UpdateAnomaliesPayload').implement({
  description: 'Payload of updateAnomalies.',
  fields: (t) => ({
    anomalies: t.expose('anomalies', {
      type: [Anomaly],
      complexity: { field: 0, multiplier: 1 },
      description: 'Those that are now as wanted, in the given order.',
    }),
    activities: t.expose('activities', {
      type: [Activity],
      complexity: { field: 0, multiplier: 1 },
      description: 'The acts, for `undoAct`; none for what was so already.',
    }),
    problems: t.expose('problems', {
      type: [AnomalyProblem],
      complexity: { field: 0, multiplier: 1 },
      description: 'Those with which it could not be done.',
    }),
  }),
})

builder.mutationField('updateAnomalies', (t) =>
  t.field({
    type: UpdateAnomaliesPayload,
    nullable: true,
    authScopes: { member: true },
    description:
      'Does the same with several anomalies; what cannot be done with one stops none of the others. MEMBER.',
    complexity: ({ input: { ids } }) => ({ field: STATEMENT, multiplier: Math.max(1, ids.length) }),
    args: {
      input: t.arg({ type: UpdateAnomaliesInput, required: true, description: 'Which, and what to do.' }),
    },
    resolve: async (_root, { input }, context) => {
      const scope = scopeOf(context)
      const ids = input.ids.map(String)
      const done = await updateAnomalies(scope, actingOf(context), ids, STEPS[input.act], input.note)
      publishAct(context, scope.tenantId)
      return done
    },
  }),
)

import { type StepName, takeStep } from '../../anomalies/lifecycle.ts'
import type { AnomalyRow } from '../../storage/reading.ts'
import { builder } from '../builder.ts'
import { actingOf, type Context, publishAct, scopeOf } from '../context.ts'
import { Anomaly } from './anomaly.ts'

interface Payload {
  anomaly: AnomalyRow
}

async function step(context: Context, name: StepName, id: string, text?: string | null): Promise<Payload> {
  const scope = scopeOf(context)
  const anomaly = await takeStep(scope, actingOf(context), name, id, text)
  publishAct(context, scope.tenantId)
  return { anomaly }
}

/** One mutation with its input and payload, all three named after it. */
function withNote(mutation: string, name: StepName, description: string): void {
  const Name = mutation.charAt(0).toUpperCase() + mutation.slice(1)
  const Input = builder.inputType(`${Name}Input`, {
    description: `Input of ${mutation}.`,
    fields: (t) => ({
      id: t.id({ required: true, description: 'The anomaly, `anm_…`.' }),
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
      resolve: (_root, { input }, context) => step(context, name, String(input.id), input.note),
    }),
  )
}

const payloadOf = (name: string, mutation: string) =>
  builder.objectRef<Payload>(`${name}Payload`).implement({
    description: `Payload of ${mutation}.`,
    fields: (t) => ({
      anomaly: t.expose('anomaly', { type: Anomaly, description: 'The anomaly after the mutation.' }),
    }),
  })

withNote('acknowledgeAnomaly', 'acknowledge', 'Records that somebody is working on it. MEMBER.')
withNote('resolveAnomaly', 'resolve', 'Records that it is dealt with. MEMBER.')
withNote('reopenAnomaly', 'reopen', 'Opens it again, whatever its status. MEMBER.')

const MarkAnomalyFalsePositiveInput = builder.inputType('MarkAnomalyFalsePositiveInput', {
  description: 'Input of markAnomalyFalsePositive.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The anomaly, `anm_…`.' }),
    reason: t.string({ description: 'Why it was a false alarm, at most 2,000 characters.' }),
  }),
})

builder.mutationField('markAnomalyFalsePositive', (t) =>
  t.field({
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
      step(context, 'markFalsePositive', String(input.id), input.reason),
  }),
)

import { z } from 'zod'
import type { AnomalyStatus } from '../detection/engine/incident.ts'
import { PublicError } from '../errors.ts'
import type { Anomaly } from '../generated/sqlite/client.ts'
import type { ActivityKind } from '../storage/activity.ts'
import { searchText } from '../storage/detection/incident-row.ts'
import type { Scope } from '../storage/scope/scope.ts'
import { parseInput } from '../tenancy/input.ts'
import { type Acting, actOn, type Change, type Done, recordAct } from './act.ts'

/** One step in the life of an anomaly that a person may take. */
interface Step {
  verb: string
  from: readonly AnomalyStatus[]
  to: AnomalyStatus
  kind: ActivityKind
  /** Columns that record the step besides the status. */
  columns(actor: string, now: Date, note: string | undefined): Change
}

/** Who decides about an anomaly, or reopens it, has looked at it: a snooze is over. */
const AWAKE = { snoozedUntil: null, snoozedSize: null }

const ANY: readonly AnomalyStatus[] = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED', 'FALSE_POSITIVE']

const STEPS = {
  acknowledge: {
    verb: 'acknowledged',
    from: ['OPEN'],
    to: 'ACKNOWLEDGED',
    kind: 'ANOMALY_ACKNOWLEDGED',
    columns: (acknowledgedBy, acknowledgedAt) => ({ acknowledgedBy, acknowledgedAt }),
  },
  resolve: {
    verb: 'resolved',
    from: ['OPEN', 'ACKNOWLEDGED'],
    to: 'RESOLVED',
    kind: 'ANOMALY_RESOLVED',
    columns: (resolvedBy, resolvedAt) => ({ resolvedBy, resolvedAt, ...AWAKE }),
  },
  reopen: {
    verb: 'reopened',
    from: ANY,
    to: 'OPEN',
    kind: 'ANOMALY_REOPENED',
    columns: () => ({
      acknowledgedBy: null,
      acknowledgedAt: null,
      resolvedBy: null,
      resolvedAt: null,
      falsePositiveReason: null,
      ...AWAKE,
    }),
  },
  markFalsePositive: {
    verb: 'marked as a false positive',
    from: ANY,
    to: 'FALSE_POSITIVE',
    kind: 'ANOMALY_MARKED_FALSE_POSITIVE',
    columns: (resolvedBy, resolvedAt, reason) => ({
      resolvedBy,
      resolvedAt,
      falsePositiveReason: reason ?? null,
      ...AWAKE,
    }),
  },
} as const satisfies Record<string, Step>

export type StepName = keyof typeof STEPS

/** What a person writes about an anomaly. */
export const words = z
  .string()
  .trim()
  .max(2_000, 'must have at most 2000 characters')
  .refine((text) => !/[\p{Cs}\0]/u.test(text), 'must be text')

/**
 * Takes a person's step in the life of an anomaly. Taken again it changes nothing, unless the words beside it are new.
 * @param text the note; with `markFalsePositive` the reason
 * @throws PublicError NOT_FOUND; CONFLICT where the life of an anomaly has no such step; BAD_USER_INPUT
 */
export async function takeStep(
  scope: Scope,
  acting: Acting,
  name: StepName,
  id: string,
  text?: string | null,
): Promise<Done> {
  const step: Step = STEPS[name]
  const note = noteOf(step, text)
  return actOn(scope, id, async (db, anomaly) => {
    const already = anomaly.status === step.to
    if (already && !isNews(step, anomaly, note)) return { anomaly, activity: null }
    if (!already && !step.from.some((status) => status === anomaly.status)) {
      throw new PublicError(
        'CONFLICT',
        `An anomaly that is ${anomaly.status} cannot be ${step.verb}; reopen it first.`,
      )
    }
    const kept = step.to === 'FALSE_POSITIVE' ? anomaly.note : (note ?? anomaly.note)
    const columns = already
      ? { ...(step.to === 'FALSE_POSITIVE' && note !== undefined && { falsePositiveReason: note }) }
      : step.columns(JSON.stringify(acting.actor), acting.clock.now(), note)
    return recordAct(
      db,
      acting,
      anomaly,
      { kind: already ? 'ANOMALY_UPDATED' : step.kind, ...(note !== undefined && { note }) },
      { status: step.to, note: kept, searchText: searchText({ ...anomaly, note: kept }), ...columns },
    )
  })
}

/** The words beside a step; undefined where there are none. @throws PublicError BAD_USER_INPUT */
function noteOf({ to }: Step, text: string | null | undefined): string | undefined {
  const name = to === 'FALSE_POSITIVE' ? 'reason' : 'note'
  const said = parseInput(z.object({ [name]: words.optional() }), { [name]: text ?? undefined })
  return said[name] || undefined
}

const isNews = (step: Step, anomaly: Anomaly, note: string | undefined): boolean =>
  note !== undefined && note !== (step.to === 'FALSE_POSITIVE' ? anomaly.falsePositiveReason : anomaly.note)

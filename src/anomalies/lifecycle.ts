import { z } from 'zod'
import type { Actor } from '../actor.ts'
import type { AnomalyStatus } from '../detection/engine/incident.ts'
import { PublicError } from '../errors.ts'
import type { Anomaly } from '../generated/sqlite/client.ts'
import { type ActivityKind, recordActivity } from '../storage/activity.ts'
import { searchText } from '../storage/detection/incident-row.ts'
import { raiseVersion } from '../storage/detection/version.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import { parseInput } from '../tenancy/input.ts'
import type { WallClock } from '../time.ts'

/** Who acts, and when. */
export interface Acting {
  actor: Actor
  clock: WallClock
}

/** One step in the life of an anomaly that a person may take. */
interface Step {
  verb: string
  from: readonly AnomalyStatus[]
  to: AnomalyStatus
  kind: ActivityKind
  /** Columns that record the step besides the status. */
  columns(actor: string, now: Date, note: string | undefined): Partial<Anomaly>
}

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
    columns: (resolvedBy, resolvedAt) => ({ resolvedBy, resolvedAt }),
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
    }),
  },
} as const satisfies Record<string, Step>

export type StepName = keyof typeof STEPS

const words = z
  .string()
  .trim()
  .max(2_000, 'must have at most 2000 characters')
  .refine((text) => !/[\p{Cs}\0]/u.test(text), 'must be text')
  .optional()

/**
 * Takes a person's step in the life of an anomaly: state, activity and all that hangs on it in one transaction.
 * Taken again it changes nothing, unless the words beside it are new.
 * @param text the note; with `markFalsePositive` the reason
 * @throws PublicError NOT_FOUND; CONFLICT where the life of an anomaly has no such step; BAD_USER_INPUT
 */
export async function takeStep(
  scope: Scope,
  acting: Acting,
  name: StepName,
  id: string,
  text?: string | null,
): Promise<Anomaly> {
  const step: Step = STEPS[name]
  const said = parseInput(z.object({ [step.to === 'FALSE_POSITIVE' ? 'reason' : 'note']: words }), {
    [step.to === 'FALSE_POSITIVE' ? 'reason' : 'note']: text ?? undefined,
  })
  const note = Object.values(said)[0] || undefined
  const { tenantId } = scope
  const now = acting.clock.now()

  return scope.transaction(async (db) => {
    // A batch that was judged before this step would write the old status over it: an outdated version makes it
    // judge again. On PostgreSQL the row is also the lock that a running batch holds.
    await raiseVersion(db, tenantId)
    const anomaly = await find(db, tenantId, id)
    const already = anomaly.status === step.to
    const fresh = isNews(step, anomaly, note)
    if (already && !fresh) return anomaly
    if (!already && !step.from.some((status) => status === anomaly.status)) {
      throw new PublicError(
        'CONFLICT',
        `An anomaly that is ${anomaly.status} cannot be ${step.verb}; reopen it first.`,
      )
    }
    const kept = step.to === 'FALSE_POSITIVE' ? anomaly.note : (note ?? anomaly.note)
    const kind = already ? 'ANOMALY_UPDATED' : step.kind
    const [changedSeq] = await recordActivity(db, tenantId, [
      {
        at: now,
        kind,
        actor: acting.actor,
        anomalyId: id,
        ...(note !== undefined && { note }),
        data: { former: formerOf(anomaly) },
      },
    ])
    await db.anomaly.update({
      where: { tenantId_id: { tenantId, id } },
      data: {
        status: step.to,
        updatedAt: now,
        note: kept,
        searchText: searchText({ ...anomaly, note: kept }),
        ...(changedSeq !== undefined && { changedSeq }),
        ...(already
          ? note !== undefined && step.to === 'FALSE_POSITIVE' && { falsePositiveReason: note }
          : step.columns(JSON.stringify(acting.actor), now, note)),
      },
    })
    return find(db, tenantId, id)
  })
}

/** What a person's step may change, as it was: with it the step can be taken back. */
const formerOf = (anomaly: Anomaly) => ({
  status: anomaly.status,
  note: anomaly.note,
  acknowledgedAt: anomaly.acknowledgedAt,
  acknowledgedBy: parsed(anomaly.acknowledgedBy),
  resolvedAt: anomaly.resolvedAt,
  resolvedBy: parsed(anomaly.resolvedBy),
  falsePositiveReason: anomaly.falsePositiveReason,
})

const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json))

const isNews = (step: Step, anomaly: Anomaly, note: string | undefined): boolean =>
  note !== undefined && note !== (step.to === 'FALSE_POSITIVE' ? anomaly.falsePositiveReason : anomaly.note)

async function find(db: Pick<TenantClient, 'anomaly'>, tenantId: string, id: string): Promise<Anomaly> {
  const anomaly = await db.anomaly.findFirst({ where: { tenantId, id } })
  if (!anomaly) throw new PublicError('NOT_FOUND', `There is no anomaly ${id}.`)
  return anomaly
}

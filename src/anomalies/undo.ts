import { z } from 'zod'
import { ACTOR_KINDS } from '../actor.ts'
import { type AnomalyStatus, STATUSES } from '../detection/engine/incident.ts'
import { PublicError } from '../errors.ts'
import type { Activity, Anomaly } from '../generated/sqlite/client.ts'
import { keyOfId } from '../ids.ts'
import { searchText } from '../storage/detection/incident-row.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import { type Acting, actOn, type Change, type Done, recordAct } from './act.ts'

const moment = z.iso.datetime().transform((text) => new Date(text))
const actor = z
  .object({ kind: z.enum(ACTOR_KINDS), name: z.string() })
  .transform((one) => JSON.stringify(one))

/** `data` of an act, as `recordAct` writes it: what is not there the act did not change. */
const former = z.object({
  status: z.enum(STATUSES).exactOptional(),
  note: z.string().nullable().exactOptional(),
  acknowledgedAt: moment.nullable().exactOptional(),
  acknowledgedBy: actor.nullable().exactOptional(),
  resolvedAt: moment.nullable().exactOptional(),
  resolvedBy: actor.nullable().exactOptional(),
  falsePositiveReason: z.string().nullable().exactOptional(),
  snoozedUntil: moment.nullable().exactOptional(),
  snoozedSize: z
    .record(z.string(), z.unknown())
    .transform((size) => JSON.stringify(size))
    .nullable()
    .exactOptional(),
})

const undoable = z.object({ former })
const undoing = z.object({ undone: z.string(), kind: z.string() })

/**
 * Undoes a person's act on an anomaly, while it is the newest one of a person: what BillingWatch has seen meanwhile
 * stays. Undone again it changes nothing.
 * @throws PublicError NOT_FOUND; CONFLICT when somebody has acted since, and for what no person did
 */
export async function undoAct(scope: Scope, acting: Acting, activityId: string): Promise<Done> {
  const act = await findAct(scope, activityId)
  return actOn(scope, act.anomalyId, async (db, anomaly) => {
    const [next] = await personsActsAfter(db, act)
    if (next && undoes(next, activityId)) return { anomaly, activity: next }
    if (act.actorKind === 'SYSTEM' || act.kind === 'ANOMALY_ACT_UNDONE')
      throw new PublicError('CONFLICT', 'Only what a person did to an anomaly can be undone.')
    if (next)
      throw new PublicError('CONFLICT', `${next.actorName} has acted on it since, so this cannot be undone.`)
    const restored = undoable.parse(JSON.parse(act.data ?? '{"former":{}}')).former
    return recordAct(
      db,
      acting,
      anomaly,
      { kind: 'ANOMALY_ACT_UNDONE', data: { undone: activityId, kind: act.kind } },
      { ...restored, ...wordsOf(anomaly, restored) },
    )
  })
}

/** A restored note is found by its words again. */
const wordsOf = (anomaly: Anomaly, { note }: Change): Change =>
  note === undefined ? {} : { searchText: searchText({ ...anomaly, note }) }

function undoes({ kind, data }: Activity, activityId: string): boolean {
  if (kind !== 'ANOMALY_ACT_UNDONE') return false
  const parsed = undoing.safeParse(JSON.parse(data ?? 'null'))
  return parsed.success && parsed.data.undone === activityId
}

/** The number of the act that an ANOMALY_ACT_UNDONE undid. */
export function undoneSeq({ tenantId, data }: Pick<Activity, 'tenantId' | 'data'>): bigint | undefined {
  const parsed = undoing.safeParse(JSON.parse(data ?? 'null'))
  return parsed.success ? seqOfAct(tenantId, parsed.data.undone) : undefined
}

/** What kind of act an ANOMALY_ACT_UNDONE undid. */
export const undoneKind = ({ data }: Pick<Activity, 'data'>): string | undefined =>
  undoing.safeParse(JSON.parse(data ?? 'null')).data?.kind

/** The status that an act replaced; undefined where it changed none. */
export const formerStatus = ({ data }: Pick<Activity, 'data'>): AnomalyStatus | undefined =>
  undoable.safeParse(JSON.parse(data ?? 'null')).data?.former.status

function seqOfAct(tenantId: string, id: string): bigint | undefined {
  const key = keyOfId('act', tenantId, id) ?? ''
  return /^\d{1,18}$/.test(key) ? BigInt(key) : undefined
}

/** An act on an anomaly; the rest of the log is not for those who act on anomalies. */
async function findAct({ db, tenantId }: Scope, id: string): Promise<Activity & { anomalyId: string }> {
  const seq = seqOfAct(tenantId, id)
  const act = seq === undefined ? null : await db.activity.findFirst({ where: { tenantId, seq } })
  if (!act || act.anomalyId === null) throw new PublicError('NOT_FOUND', `There is no act ${id}.`)
  return { ...act, anomalyId: act.anomalyId }
}

/** The first one that a person did to the same anomaly later. */
const personsActsAfter = (db: TenantClient, { tenantId, anomalyId, seq }: Activity): Promise<Activity[]> =>
  db.activity.findMany({
    where: { tenantId, anomalyId, seq: { gt: seq }, actorKind: { not: 'SYSTEM' } },
    orderBy: { seq: 'asc' },
    take: 1,
  })

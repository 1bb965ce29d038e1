import type { Actor } from '../actor.ts'
import { PublicError } from '../errors.ts'
import type { Activity, Anomaly } from '../generated/sqlite/client.ts'
import { type ActivityEntry, activityRow, recordActivity } from '../storage/activity.ts'
import { raiseVersion } from '../storage/detection/version.ts'
import type { Scope, TenantClient } from '../storage/scope/scope.ts'
import type { WallClock } from '../time.ts'

/** Who acts, and when. */
export interface Acting {
  actor: Actor
  clock: WallClock
}

/** An anomaly after an act, with the act; null where nothing was left to do. */
export interface Done {
  anomaly: Anomaly
  activity: Activity | null
}

/** What an act may change of an anomaly, and undoing it restores. */
export const RESTORABLE = [
  'status',
  'note',
  'acknowledgedAt',
  'acknowledgedBy',
  'resolvedAt',
  'resolvedBy',
  'falsePositiveReason',
  'snoozedUntil',
  'snoozedSize',
] as const

/** Columns that hold JSON: an act shows what is in them. */
const JSON_COLUMNS: ReadonlySet<string> = new Set(['acknowledgedBy', 'resolvedBy', 'snoozedSize'])

export type Change = Partial<Pick<Anomaly, (typeof RESTORABLE)[number] | 'searchText'>>

/**
 * One act on an anomaly: state, activity and all that hangs on it in one transaction.
 * @throws PublicError NOT_FOUND, and whatever `work` throws
 */
export function actOn(
  scope: Scope,
  id: string,
  work: (db: TenantClient, anomaly: Anomaly) => Promise<Done>,
): Promise<Done> {
  return scope.transaction(async (db) => {
    // A batch that was judged before this act would write the old status over it: an outdated version makes it
    // judge again. On PostgreSQL the row is also the lock that a running batch holds.
    await raiseVersion(db, scope.tenantId)
    return work(db, await findAnomaly(db, scope.tenantId, id))
  })
}

/** Writes an act into the feed with the values that it replaces, and what it changes into the anomaly. */
export async function recordAct(
  db: TenantClient,
  { actor, clock }: Acting,
  anomaly: Anomaly,
  { data, ...act }: Pick<ActivityEntry, 'kind' | 'note' | 'data'>,
  change: Change = {},
): Promise<Done> {
  const { tenantId, id } = anomaly
  const now = clock.now()
  const former = formerOf(anomaly, change)
  const entry: ActivityEntry = { ...act, at: now, actor, anomalyId: id, data: { ...data, former } }
  const [seq = anomaly.changedSeq] = await recordActivity(db, tenantId, [entry])
  await db.anomaly.update({
    where: { tenantId_id: { tenantId, id } },
    data: { ...change, updatedAt: now, changedSeq: seq },
  })
  return { anomaly: await findAnomaly(db, tenantId, id), activity: activityRow(tenantId, seq, entry) }
}

/** What the change replaces, as it was: with it the act can be undone. */
const formerOf = (anomaly: Anomaly, change: Change): Record<string, unknown> =>
  Object.fromEntries(
    RESTORABLE.filter((column) => column in change && !isSame(anomaly[column], change[column])).map(
      (column) => {
        const value = anomaly[column]
        return [column, typeof value === 'string' && JSON_COLUMNS.has(column) ? JSON.parse(value) : value]
      },
    ),
  )

const isSame = (one: unknown, other: unknown): boolean =>
  one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other

async function findAnomaly(
  db: Pick<TenantClient, 'anomaly'>,
  tenantId: string,
  id: string,
): Promise<Anomaly> {
  const anomaly = await db.anomaly.findFirst({ where: { tenantId, id } })
  if (!anomaly) throw new PublicError('NOT_FOUND', `There is no anomaly ${id}.`)
  return anomaly
}

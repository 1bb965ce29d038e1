import type { Actor } from '../actor.ts'
import type { Activity } from '../generated/sqlite/client.ts'
import type { SystemClient } from './database.ts'
import { readOnly } from './moving.ts'
import type { Scope } from './scope/scope.ts'

/** The acts that a tenant's feed and audit log know: GraphQL's `ActivityKind`. */
export const ACTIVITY_KINDS = [
  'ANOMALY_RAISED',
  'ANOMALY_UPDATED',
  'ANOMALY_ENDED',
  'ANOMALY_REOPENED',
  'ANOMALY_ACKNOWLEDGED',
  'ANOMALY_RESOLVED',
  'ANOMALY_MARKED_FALSE_POSITIVE',
  'ANOMALY_COMMENTED',
  'ANOMALY_SNOOZED',
  'ANOMALY_UNSNOOZED',
  'ANOMALY_ACT_UNDONE',
  'DETECTOR_CONFIGURED',
  'API_KEY_CREATED',
  'API_KEY_REVOKED',
  'SESSION_REVOKED',
  'WEBHOOK_ENDPOINT_CREATED',
  'WEBHOOK_SECRET_ADDED',
  'WEBHOOK_SECRET_RETIRED',
  'WEBHOOK_TOKEN_ROTATED',
  'TENANT_CREATED',
  'TENANT_UPDATED',
  'TENANT_SUSPENDED',
  'TENANT_RESUMED',
  'ALERT_CHANNEL_CREATED',
  'ALERT_CHANNEL_UPDATED',
  'ALERT_CHANNEL_DISABLED',
  'ALERT_CHANNEL_DELETED',
  'TENANT_REBUILT',
  'STRIPE_CONNECTED',
  'STRIPE_KEY_REVOKED',
  'STRIPE_DISCONNECTED',
  'EVENTS_FILLED',
] as const
export type ActivityKind = (typeof ACTIVITY_KINDS)[number]

export interface ActivityEntry {
  at: Date
  kind: ActivityKind
  actor: Actor
  anomalyId?: string
  note?: string
  /** Shown to the tenant's admins as it is: no secrets. */
  data?: Readonly<Record<string, unknown>>
}

/** A transaction of the system's client or of the tenant's bound one. */
export type ActivityWriter = Pick<SystemClient, 'tenant' | 'activity'>

/**
 * Appends to a tenant's feed, in the caller's transaction. Taking the numbers locks the tenant's row until the
 * commit, so that numbers become visible in their own order and a reader that remembers one misses nothing.
 * @returns the number of each entry, in the given order
 * @throws PublicError UNAVAILABLE while the tenant is moved
 */
export async function recordActivity(
  tx: ActivityWriter,
  tenantId: string,
  entries: readonly ActivityEntry[],
): Promise<bigint[]> {
  if (entries.length === 0) return []
  const { seq: head, moving } = await tx.tenant.update({
    where: { id: tenantId },
    data: { seq: { increment: entries.length } },
    select: { seq: true, moving: true },
  })
  if (moving !== null) throw readOnly(tenantId)
  const first = head - BigInt(entries.length) + 1n
  const rows = entries.map((entry, index) => activityRow(tenantId, first + BigInt(index), entry))
  await tx.activity.createMany({ data: rows })
  return rows.map(({ seq }) => seq)
}

/** An entry as it is stored, under its number. */
export const activityRow = (tenantId: string, seq: bigint, entry: ActivityEntry): Activity => ({
  tenantId,
  seq,
  at: entry.at,
  kind: entry.kind,
  actorKind: entry.actor.kind,
  actorName: entry.actor.name,
  anomalyId: entry.anomalyId ?? null,
  note: entry.note ?? null,
  data: entry.data === undefined ? null : JSON.stringify(entry.data),
})

/** Whether an act of a kind is recorded of something that may be gone. @param place where its data names it */
export async function wasRecorded(
  { db, tenantId }: Pick<Scope, 'db' | 'tenantId'>,
  kind: ActivityKind,
  place: string,
  id: string,
): Promise<boolean> {
  const named = `"${place}":${JSON.stringify(id)}`
  const rows = await db.activity.findMany({
    where: { tenantId, kind, data: { contains: named } },
    select: { data: true },
  })
  // To the database some characters of an id stand for any.
  return rows.some(({ data }) => data?.includes(named))
}

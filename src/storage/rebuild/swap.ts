import { SYSTEM } from '../../actor.ts'
import type { AnyDetector } from '../../detection/detector.ts'
import type { Stream } from '../../detection/engine/memory.ts'
import { type ActivityEntry, activityRow } from '../activity.ts'
import { takeNumbers } from '../detection/saving-incidents.ts'
import { raiseVersionIn } from '../detection/version.ts'
import type { Reader, Writer } from '../sql.ts'
import { shadowOf } from './shadow.ts'
import type { StandingAnomaly } from './standing.ts'

const IS_SHADOW = `"tenantId" = ? AND "stream" LIKE 'rebuild:%'`

/** Lets go of everything that a rebuild has found so far. */
export async function emptyShadows(tx: Writer, tenantId: string): Promise<void> {
  for (const rows of [
    `"DetectorState" WHERE ${IS_SHADOW}`,
    `"HeldEvent" WHERE ${IS_SHADOW}`,
    '"RebuiltIncident" WHERE "tenantId" = ?',
  ])
    await tx.run(`DELETE FROM ${rows}`, [tenantId])
}

/**
 * Before a rebuild begins, anew or at all, and when it ends: nothing is left of before.
 * @param rebuilding whether what is judged from now on is to be noted for it
 */
export async function clearRebuild(tx: Writer, tenantId: string, rebuilding: boolean): Promise<void> {
  // Whoever is judging the tenant judges again, and notes it or does not.
  await raiseVersionIn(tx, tenantId)
  await tx.run('UPDATE "Claim" SET "rebuilding" = ? WHERE "tenantId" = ?', [rebuilding, tenantId])
  await tx.run('DELETE FROM "JudgedMeanwhile" WHERE "tenantId" = ?', [tenantId])
  await emptyShadows(tx, tenantId)
}

/** Whether a newer program has stored states of these detectors. */
export async function hasNewerStates(
  sql: Reader,
  tenantId: string,
  stream: string,
  detectors: readonly AnyDetector[],
): Promise<boolean> {
  const newer = detectors.map(() => '("detector" = ? AND "version" > ?)').join(' OR ')
  const [row] = await sql.all(
    `SELECT 1 AS "newer" FROM "DetectorState" WHERE "tenantId" = ? AND "stream" = ? AND (${newer}) LIMIT 1`,
    [tenantId, stream, ...detectors.flatMap(({ name, stateVersion }) => [name, stateVersion])],
  )
  return row !== undefined
}

export interface Swap {
  stream: Stream
  detectors: readonly string[]
  /** Whether the facts reach back to the stream's first delivery: then nothing stays that was not rebuilt. */
  isWhole: boolean
}

/** Puts the rebuilt states of a stream in the place of those that have judged until now. */
export async function swapStates(
  tx: Writer,
  tenantId: string,
  { stream, detectors, isWhole }: Swap,
): Promise<void> {
  const names = detectors.map(() => '?').join(', ')
  const shadow = shadowOf(stream.id)
  const rebuilt = isWhole
    ? ''
    : `AND ("detector", "key") IN (SELECT "detector", "key" FROM "DetectorState" WHERE "tenantId" = ? AND "stream" = ?)`
  await tx.run(
    `DELETE FROM "DetectorState" WHERE "tenantId" = ? AND "stream" = ? AND "detector" IN (${names}) ${rebuilt}`,
    [tenantId, stream.id, ...detectors, ...(isWhole ? [] : [tenantId, shadow])],
  )
  await tx.run(
    `UPDATE "DetectorState" SET "stream" = ? WHERE "tenantId" = ? AND "stream" = ? AND "detector" IN (${names})`,
    [stream.id, tenantId, shadow, ...detectors],
  )
}

/** The same for the events that wait for their order. @param stream as it was rebuilt */
export async function swapHeld(tx: Writer, tenantId: string, { id, hold }: Stream): Promise<void> {
  await tx.run('DELETE FROM "HeldEvent" WHERE "tenantId" = ? AND "stream" = ?', [tenantId, id])
  await tx.run('UPDATE "HeldEvent" SET "stream" = ? WHERE "tenantId" = ? AND "stream" = ?', [
    id,
    tenantId,
    shadowOf(id),
  ])
  await tx.run(
    'UPDATE "Stream" SET "heldSince" = ?, "heldNewest" = ?, "heldCount" = ? WHERE "tenantId" = ? AND "id" = ?',
    [hold?.since ?? null, hold?.newest ?? null, hold?.count ?? 0, tenantId, id],
  )
}

const GONE = 'Judged anew, this is no longer found.'

/** Nothing is deleted: what nobody has touched is resolved, and the rest is marked. */
export async function markGone(
  tx: Writer,
  tenantId: string,
  gone: readonly StandingAnomaly[],
  now: Date,
): Promise<void> {
  const first = await takeNumbers(tx, tenantId, gone.length)
  for (const [index, { incident, touched }] of gone.entries()) {
    const isResolved = !touched && incident.status !== 'RESOLVED'
    const seq = first + index
    await tx.run(
      `UPDATE "Anomaly" SET "goneAt" = ?, "endsAt" = NULL, "endedAt" = COALESCE("endedAt", "lastSeenAt"),
         "changedSeq" = ?, "updatedAt" = ? WHERE "tenantId" = ? AND "id" = ?`,
      [now, seq, now, tenantId, incident.id],
    )
    if (isResolved) {
      await tx.run(
        `UPDATE "Anomaly" SET "status" = 'RESOLVED', "resolvedAt" = ?, "resolvedBy" = ? WHERE "tenantId" = ? AND "id" = ?`,
        [now, JSON.stringify(SYSTEM), tenantId, incident.id],
      )
    }
    const kind = isResolved ? 'ANOMALY_RESOLVED' : 'ANOMALY_UPDATED'
    await append(tx, tenantId, seq, { at: now, kind, actor: SYSTEM, anomalyId: incident.id, note: GONE })
  }
}

/** What was gone is found again. */
export async function unmarkGone(tx: Writer, tenantId: string, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await tx.run('UPDATE "Anomaly" SET "goneAt" = NULL WHERE "tenantId" = ? AND "id" = ?', [tenantId, id])
}

/** Adds an act that is about no single anomaly. */
export async function recordRebuilt(tx: Writer, tenantId: string, entry: ActivityEntry): Promise<void> {
  await append(tx, tenantId, await takeNumbers(tx, tenantId, 1), entry)
}

async function append(tx: Writer, tenantId: string, seq: number, entry: ActivityEntry): Promise<void> {
  const row = activityRow(tenantId, BigInt(seq), entry)
  await tx.insert({ table: 'Activity', columns: Object.keys(row) }, [Object.values(row)])
}

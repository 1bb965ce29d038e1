import type { ChangedIncident } from '../../detection/incident.ts'
import type { Stream } from '../../detection/memory.ts'
import { toDate } from '../../time.ts'
import { integer, type Value, type Writer } from '../sql.ts'
import { CHANGING, changingValues } from './incident-row.ts'
import { StoredMemory } from './stored-memory.ts'

export type StreamIncident = ChangedIncident & { stream: Stream }

/**
 * Writes incidents that a batch raised or changed, with the acts of the feed that tell of it.
 * @param wall wall clock of the batch
 * @returns how many acts were added
 */
export async function saveIncidents(
  tx: Writer,
  tenantId: string,
  changed: readonly StreamIncident[],
  wall: Date,
): Promise<number> {
  if (changed.length === 0) return 0
  const acts = changed.filter(({ change }) => change !== undefined)
  const first = await takeNumbers(tx, tenantId, acts.length)
  const numbers = new Map(acts.map((act, index) => [act, first + index]))
  for (const act of changed) {
    if (act.change === 'ANOMALY_RAISED')
      await insertAnomaly(tx, tenantId, act, numbers.get(act) ?? first, wall)
    else await updateAnomaly(tx, tenantId, act, wall)
  }
  await addEvents(tx, tenantId, changed)
  await tx.insert(
    { table: 'Activity', columns: ['tenantId', 'seq', 'at', 'kind', 'actorKind', 'actorName', 'anomalyId'] },
    acts.map((act) => [
      tenantId,
      numbers.get(act) ?? first,
      wall,
      act.change ?? null,
      'SYSTEM',
      'BillingWatch',
      act.incident.id,
    ]),
  )
  return acts.length
}

/** Numbers for `count` acts; the tenant's row stays locked until the commit, so numbers follow the order of commits. */
async function takeNumbers(tx: Writer, tenantId: string, count: number): Promise<number> {
  if (count === 0) return 0
  const [row] = await tx.all('UPDATE "Tenant" SET "seq" = "seq" + ? WHERE "id" = ? RETURNING "seq"', [
    count,
    tenantId,
  ])
  return integer(row?.['seq']) - count + 1
}

async function insertAnomaly(
  tx: Writer,
  tenantId: string,
  act: StreamIncident,
  seq: number,
  wall: Date,
): Promise<void> {
  const { incident, stream } = act
  const fixed: Record<string, Value> = {
    tenantId,
    id: incident.id,
    seq,
    stream: stream.id,
    detector: incident.detector,
    fingerprint: incident.fingerprint,
    origin: incident.origin,
    livemode: stream.livemode,
    account: stream.account,
    detectedAt: toDate(incident.detectedAt),
    createdAt: wall,
    series: JSON.stringify(incident.series),
  }
  const row = [...Object.values(fixed), ...changingValues(incident, wall)]
  await tx.insert({ table: 'Anomaly', columns: [...Object.keys(fixed), ...CHANGING] }, [row])
}

async function updateAnomaly(
  tx: Writer,
  tenantId: string,
  { incident }: StreamIncident,
  wall: Date,
): Promise<void> {
  const assignments = CHANGING.map((column) => `"${column}" = ?`).join(', ')
  await tx.run(`UPDATE "Anomaly" SET ${assignments} WHERE "tenantId" = ? AND "id" = ?`, [
    ...changingValues(incident, wall),
    tenantId,
    incident.id,
  ])
}

/** An event that retention has taken meanwhile can no longer be shown. */
async function addEvents(tx: Writer, tenantId: string, changed: readonly StreamIncident[]): Promise<void> {
  const wanted = new Set(changed.flatMap(({ stripeIds }) => stripeIds))
  if (wanted.size === 0) return
  const stored = await new StoredMemory(tx, tenantId).knownEvents([...wanted])
  const rows = changed.flatMap(({ incident, stripeIds }) =>
    stripeIds.filter((stripeId) => stored.has(stripeId)).map((stripeId) => [tenantId, incident.id, stripeId]),
  )
  await tx.insert(
    { table: 'AnomalyEvent', columns: ['tenantId', 'anomalyId', 'stripeId'], conflict: 'DO NOTHING' },
    rows,
  )
}
